from pathlib import Path

import pytest
from openward_servicekit.settings import ServiceSettings, load
from pydantic import SecretStr


class ThingSettings(ServiceSettings):
    service: str = "things"
    ehrbase_password: SecretStr | None = None


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A complete environment of a local service."""
    secret = tmp_path / "secret"
    secret.write_text("correct horse battery staple\n")
    variables = {
        "ENVIRONMENT": "local",
        "PORT": "8101",
        "PUBLIC_URL": "http://127.0.0.1:8080/",
        "DATABASE_URL": "postgresql://patients@127.0.0.1:5433/patients",
        "DATABASE_PASSWORD_FILE": str(secret),
        "NATS_URL": "nats://127.0.0.1:4222",
        "NATS_SEED_FILE": str(secret),
        "OIDC_ISSUER": "http://127.0.0.1:8201",
        "OIDC_JWKS_URL": "http://127.0.0.1:8201/jwks",
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"OPENWARD_{name}", value)
    return monkeypatch


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """What `load` says when it gives up."""
    with pytest.raises(SystemExit) as exit_:
        load(ThingSettings)
    assert exit_.value.code == 2
    return capsys.readouterr().err


@pytest.mark.usefixtures("environment")
def test_secrets_are_read_from_their_files_and_not_shown() -> None:
    settings = load(ThingSettings)

    assert settings.database_password.get_secret_value() == "correct horse battery staple"
    assert "correct horse" not in repr(settings)


@pytest.mark.usefixtures("environment")
def test_addresses_lose_their_trailing_slash() -> None:
    assert load(ThingSettings).public_url == "http://127.0.0.1:8080"


def test_an_issuer_keeps_its_slash_as_tokens_name_it(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OPENWARD_OIDC_ISSUER", "https://id.example.org/")

    assert load(ThingSettings).oidc_issuer == "https://id.example.org/"


def test_a_secret_in_a_variable_is_not_taken(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OPENWARD_EHRBASE_PASSWORD", "visible to all")

    assert load(ThingSettings).ehrbase_password is None


def test_a_missing_variable_is_named_in_one_line(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("OPENWARD_NATS_URL")

    assert complaint(capsys) == "openward things: OPENWARD_NATS_URL: Field required\n"


def test_a_missing_secret_is_named_by_the_variable_of_its_file(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("OPENWARD_NATS_SEED_FILE")

    assert complaint(capsys) == "openward things: OPENWARD_NATS_SEED_FILE: Field required\n"


def test_an_unreadable_secret_is_named_in_one_line(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "nowhere"
    environment.setenv("OPENWARD_NATS_SEED_FILE", str(missing))

    expected = f"openward things: OPENWARD_NATS_SEED_FILE: cannot read {missing}: No such file or directory\n"
    assert complaint(capsys) == expected


def test_an_empty_secret_is_refused(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    environment.setenv("OPENWARD_DATABASE_PASSWORD_FILE", str(empty))

    assert "OPENWARD_DATABASE_PASSWORD_FILE" in complaint(capsys)


def test_several_faults_are_one_line(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("OPENWARD_PORT", "http")
    environment.delenv("OPENWARD_NATS_URL")

    line = complaint(capsys)

    assert line.count("\n") == 1
    assert "OPENWARD_PORT" in line
    assert "OPENWARD_NATS_URL" in line


def test_a_password_in_an_address_is_refused_and_not_repeated(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("OPENWARD_DATABASE_URL", "postgresql://patients:hunter22@127.0.0.1/patients")

    line = complaint(capsys)

    assert "OPENWARD_DATABASE_URL" in line
    assert "hunter22" not in line


@pytest.mark.parametrize("variable", ["OPENWARD_OIDC_ISSUER", "OPENWARD_OIDC_JWKS_URL"])
def test_production_refuses_an_unencrypted_identity_provider(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str
) -> None:
    environment.setenv("OPENWARD_ENVIRONMENT", "production")
    environment.setenv("OPENWARD_OIDC_ISSUER", "https://id.example.org")
    environment.setenv("OPENWARD_OIDC_JWKS_URL", "https://id.example.org/jwks")
    environment.setenv(variable, "http://id.example.org/jwks")

    assert (
        complaint(capsys) == f"openward things: {variable}: must be https unless OPENWARD_ENVIRONMENT=local\n"
    )


@pytest.mark.parametrize("secret", ["postgres", "ChangeMe", "abc123"])
def test_production_refuses_well_known_secrets(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, secret: str
) -> None:
    weak = tmp_path / "weak"
    weak.write_text(secret)
    environment.setenv("OPENWARD_ENVIRONMENT", "production")
    environment.setenv("OPENWARD_OIDC_ISSUER", "https://id.example.org")
    environment.setenv("OPENWARD_OIDC_JWKS_URL", "https://id.example.org/jwks")
    environment.setenv("OPENWARD_EHRBASE_PASSWORD_FILE", str(weak))

    line = complaint(capsys)

    assert line.startswith("openward things: OPENWARD_EHRBASE_PASSWORD_FILE: ")
    assert secret not in line


def test_without_an_environment_named_the_strict_rules_hold(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("OPENWARD_ENVIRONMENT")

    assert "OPENWARD_OIDC_ISSUER: must be https" in complaint(capsys)
