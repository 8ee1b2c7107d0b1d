import json
import os
from pathlib import Path

import jwt
import pytest
from openward_cli.failure import Failure
from openward_cli.provision import nkey
from openward_cli.provision.secret_files import ensure_in, read

NAMES = {
    "postgres.password",
    *(f"{service}.db.password" for service in ("patients", "clinical", "templates", "audit")),
    *(f"{service}_owner.db.password" for service in ("patients", "clinical", "templates", "audit")),
    *(f"{role}.db.password" for role in ("ehrbase", "ehrbase_restricted", "clinical_evt")),
    *(f"{user}.nk" for user in ("patients", "clinical", "templates", "audit", "provision", "monitor")),
    "ehrbase.user.password",
    "ehrbase.admin.password",
    "identity.jwks.json",
    "identity.users.json",
    "identity.clients.json",
    "cursor.key",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ensure_in(tmp_path / "secrets")
    return tmp_path / "secrets"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_secret_exists_and_nothing_else(folder: Path) -> None:
    assert set(contents(folder)) == NAMES


def test_only_the_owner_reads_them(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_no_secret_is_used_twice(folder: Path) -> None:
    values = list(contents(folder).values())

    assert len(set(values)) == len(values)
    assert all(len(value) >= 32 for value in values)


def test_existing_secrets_are_kept(folder: Path) -> None:
    before = contents(folder)
    ensure_in(folder)

    assert contents(folder) == before


def test_a_program_that_is_new_gets_a_secret_and_the_others_keep_theirs(folder: Path) -> None:
    clients = folder / "identity.clients.json"
    before = json.loads(clients.read_text())
    clients.write_text(json.dumps({"svc-demo": before["svc-demo"]}))

    ensure_in(folder)

    after = json.loads(clients.read_text())
    assert set(after) == set(before)
    assert after["svc-demo"] == before["svc-demo"]
    assert len(after["svc-integration"]) >= 32
    assert clients.stat().st_mode & 0o777 == 0o600


def test_a_removed_secret_is_made_anew_and_no_other(folder: Path) -> None:
    before = contents(folder)
    (folder / "clinical.db.password").unlink()
    ensure_in(folder)

    changed = {name for name, value in contents(folder).items() if value != before[name]}
    assert changed == {"clinical.db.password"}


def test_rights_that_were_widened_are_narrowed(folder: Path) -> None:
    folder.chmod(0o755)
    (folder / "cursor.key").chmod(0o644)
    ensure_in(folder)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "cursor.key").stat().st_mode & 0o777 == 0o600


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def somebody_is_faster(source: Path, target: Path) -> None:
        target.write_text("theirs")
        link(source, target)

    monkeypatch.setattr(os, "link", somebody_is_faster)
    ensure_in(tmp_path)

    assert set(contents(tmp_path).values()) == {b"theirs"}


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ensure_in(tmp_path)

    assert capfd.readouterr() == ("", "")


def test_the_signing_key_signs_es256(folder: Path) -> None:
    [key] = json.loads(read(folder, "identity.jwks.json"))["keys"]
    private = jwt.PyJWK(key)
    public = jwt.PyJWK({name: value for name, value in key.items() if name != "d"})
    token = jwt.encode({"sub": "ada"}, private, algorithm="ES256")

    assert (key["alg"], key["use"]) == ("ES256", "sig")
    assert jwt.decode(token, public, algorithms=["ES256"]) == {"sub": "ada"}


def test_the_demonstration_users_have_passwords_of_their_own(folder: Path) -> None:
    users = json.loads(read(folder, "identity.users.json"))

    assert set(users) == {"clara", "ada", "tomas", "ines", "olaf", "pat", "vera", "norbert"}
    assert len(set(users.values())) == len(users)
    assert set(json.loads(read(folder, "identity.clients.json"))) == {"svc-demo", "svc-integration"}


def test_a_seed_has_one_public_key(folder: Path) -> None:
    seed = read(folder, "audit.nk")

    assert seed.startswith("SU")
    assert nkey.public_key(seed) == nkey.public_key(seed)
    assert nkey.public_key(seed).startswith("U")


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_secret_without_content_is_refused_by_name(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "cursor.key").write_text(content)
    with pytest.raises(Failure, match=r"cursor\.key"):
        read(tmp_path, "cursor.key")


def test_containers_read_theirs_as_any_user_in_a_folder_that_is_closed_to_others(tmp_path: Path) -> None:
    ensure_in(tmp_path / "secrets", for_containers=True)
    folder = tmp_path / "secrets"

    assert set(contents(folder)) == NAMES | {"keycloak.db.password"}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
