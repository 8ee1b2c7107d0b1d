"""A mapping file that cannot be used stops the start, naming its variable."""

from pathlib import Path

import pytest
from clinical.settings import Settings
from openward_servicekit.settings import load


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    secret = tmp_path / "secret"
    secret.write_text("c" * 32)
    for name in ("DATABASE_PASSWORD", "NATS_SEED", "EHRBASE_PASSWORD", "CURSOR_KEY", "EVT_DATABASE_PASSWORD"):
        monkeypatch.setenv(f"OPENWARD_{name}_FILE", str(secret))
    for name in ("PUBLIC_URL", "OIDC_ISSUER", "OIDC_JWKS_URL", "EHRBASE_URL"):
        monkeypatch.setenv(f"OPENWARD_{name}", "http://x")
    for name in ("DATABASE_URL", "EVT_DATABASE_URL"):
        monkeypatch.setenv(f"OPENWARD_{name}", "postgresql://x@x/x")
    given = {"ENVIRONMENT": "local", "PORT": "1", "NATS_URL": "nats://x", "EHRBASE_USER": "x"}
    for name, value in given.items():
        monkeypatch.setenv(f"OPENWARD_{name}", value)
    return tmp_path


@pytest.mark.parametrize("text", [None, "no toml", "[[observation]]\narchetype = 'pulse'"])
def test_a_file_that_cannot_be_used_stops_the_start(
    environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    file = environment / "fhir.toml"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv("OPENWARD_FHIR_FILE", str(file))
    with pytest.raises(SystemExit) as stopped:
        load(Settings)
    told = capsys.readouterr().err
    assert stopped.value.code == 2
    assert told.startswith("openward clinical: OPENWARD_FHIR_FILE: ")
    assert told.count("\n") == 1


def test_a_file_of_one_s_own_is_taken(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = environment / "fhir.toml"
    file.write_text("")
    monkeypatch.setenv("OPENWARD_FHIR_FILE", str(file))
    assert load(Settings).fhir_file == file
