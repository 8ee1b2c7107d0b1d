"""Settings of a service process: variables `OPENWARD_*`; `OPENWARD_*_FILE` name the files of secrets."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

PREFIX = "OPENWARD_"

# Passwords that people find in documentation and then ship.
_WELL_KNOWN_SECRETS = frozenset(
    {"admin", "changeme", "ehrbase", "mysuperawesomepassword123", "openward", "password", "postgres"}
    | {"secret", "supersecretpassword"}
)


def _address(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in schemes or not parts.hostname:
            raise PydanticCustomError("address", f"must be an address with {' or '.join(schemes)}")
        if parts.password is not None:
            raise PydanticCustomError("password_in_address", "must hold no password: that comes from a file")
        return value

    return AfterValidator(check)


HttpAddress = Annotated[str, _address("http", "https")]
HttpUrl = Annotated[HttpAddress, AfterValidator(lambda value: value.rstrip("/"))]
"""An http(s) base address without a trailing slash."""
PostgresUrl = Annotated[str, _address("postgresql")]
"""`postgresql://role@host:port/database`, no password."""
NatsUrl = Annotated[str, _address("nats", "tls")]


class ServiceSettings(BaseSettings):
    """What every service needs; a service adds its own. A `SecretStr` comes from `OPENWARD_<NAME>_FILE`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    environment: Literal["local", "production"] = "production"
    service: str
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)]
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    public_url: HttpUrl
    """The gateway as clients see it."""

    database_url: PostgresUrl
    database_password: SecretStr
    database_pool_size: Annotated[int, Field(ge=1, le=200)] = 10

    nats_url: NatsUrl
    nats_seed: SecretStr
    outbox_retention_days: Annotated[int, Field(ge=1)] = 30
    """How long sent messages stay in the database, for who has missed them."""

    oidc_issuer: HttpAddress
    """Compared with a token's `iss` as it is, slash or not."""
    oidc_audience: str = "urn:openward"
    oidc_jwks_url: HttpUrl

    otlp_endpoint: HttpUrl | None = None

    max_body_bytes: Annotated[int, Field(gt=0)] = 2_000_000
    limit_concurrency: Annotated[int, Field(gt=0)] = 1000
    """Connections and requests at once; beyond it the server answers 503 by itself."""
    drain_seconds: Annotated[float, Field(ge=0)] = 10.0
    """How long requests in flight may still run after SIGTERM."""
    drain_notice_seconds: Annotated[float, Field(ge=0)] = 1.0
    """How long `/readyz` says 503 before the port closes, so that load balancers look elsewhere first."""

    @field_validator("oidc_issuer", "oidc_jwks_url")
    @classmethod
    def _encrypted_outside_local(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("environment") != "local" and not value.startswith("https://"):
            raise PydanticCustomError("https_required", "must be https unless OPENWARD_ENVIRONMENT=local")
        return value

    @field_validator("*")
    @classmethod
    def _own_secrets_outside_local(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, SecretStr) and info.data.get("environment") != "local":
            secret = value.get_secret_value()
            if len(secret) < 8 or secret.lower() in _WELL_KNOWN_SECRETS:
                raise PydanticCustomError(
                    "weak_secret", "is short or well known; make one for this installation"
                )
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del env_settings, dotenv_settings, file_secret_settings
        return init_settings, _Environment(settings_cls)


class _UnreadableSecretError(Exception):
    pass


class _Environment(EnvSettingsSource):
    """Secrets never come from a variable: every child process and crash report sees its value."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        if not _is_secret(field):
            return super().get_field_value(field, field_name)
        path = self.env_vars.get(f"{PREFIX}{field_name}_FILE".lower())
        return (None if path is None else _read_secret(Path(path), field_name)), field_name, False


def _is_secret(field: FieldInfo) -> bool:
    annotation = field.annotation
    return annotation is SecretStr or SecretStr in getattr(annotation, "__args__", ())


def _read_secret(path: Path, field_name: str) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise _UnreadableSecretError(
            f"{PREFIX}{field_name.upper()}_FILE: cannot read {path}: {reason}"
        ) from None
    if not secret:
        raise _UnreadableSecretError(f"{PREFIX}{field_name.upper()}_FILE: {path} is empty")
    return secret


S = TypeVar("S", bound=ServiceSettings)


def load(settings_class: type[S]) -> S:
    """The process's settings. If they are wrong: one line on stderr naming the variables, and exit code 2."""
    try:
        return settings_class()
    except ValidationError as error:
        problems = [
            f"{_variable(settings_class, e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)
        ]
        _refuse(settings_class, "; ".join(problems))
    except SettingsError as error:
        _refuse(settings_class, str(error.__cause__ or error))


def _variable(settings_class: type[ServiceSettings], location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else ""
    field = settings_class.model_fields.get(name)
    suffix = "_FILE" if field is not None and _is_secret(field) else ""
    return f"{PREFIX}{name}{suffix}".upper()


def _refuse(settings_class: type[ServiceSettings], problem: str) -> NoReturn:
    service = settings_class.model_fields["service"].get_default() or "service"
    sys.stderr.write(f"openward {service}: {problem}\n")
    raise SystemExit(2)
