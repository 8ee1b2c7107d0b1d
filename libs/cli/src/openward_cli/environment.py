"""What a service process is told: the one list of variable names, for processes and containers alike."""

from dataclasses import dataclass
from pathlib import Path

from openward_cli.servers.ehrbase import ADMIN as EHRBASE_ADMIN
from openward_cli.servers.ehrbase import USER as EHRBASE_USER
from openward_cli.stack import Port, Service, Stack

AUDIENCE = "urn:openward"
_USES_EHRBASE = {Service.CLINICAL, Service.TEMPLATES}
_SIGNS_CURSORS = {Service.PATIENTS, Service.CLINICAL, Service.TEMPLATES, Service.AUDIT}
USES_PRISMA_CLIENT = {Service.PATIENTS, Service.TEMPLATES}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a service runs: where it listens, where it finds the others, its secrets and the repository.

    `database` is PostgreSQL's host:port. `root` has libs/prisma-engine and the generated clients below it.
    """

    host: str
    port: int
    public_url: str
    issuer: str
    jwks_url: str
    nats_url: str
    ehrbase_url: str
    database: str
    secrets: Path
    root: Path


def service_environment(stack: Stack, service: Service, replica: int = 0) -> dict[str, str]:
    """Of a process of a local stack."""
    place = Place(
        host="127.0.0.1",
        port=stack.service_port(service, replica),
        public_url=stack.gateway_url,
        issuer=stack.issuer,
        jwks_url=f"{stack.issuer}/jwks",
        nats_url=stack.nats_url,
        ehrbase_url=stack.ehrbase_url,
        database=f"127.0.0.1:{stack.port(Port.POSTGRES)}",
        secrets=stack.secrets_dir,
        root=stack.root,
    )
    return environment_at(place, service)


def environment_at(place: Place, service: Service) -> dict[str, str]:
    """Every variable of a service carries the prefix; those that end in _FILE name a file with a secret."""
    values = _common(place, service)
    if service in _USES_EHRBASE:
        values |= {
            "EHRBASE_URL": place.ehrbase_url,
            "EHRBASE_USER": EHRBASE_USER,
            "EHRBASE_PASSWORD_FILE": str(place.secrets / "ehrbase.user.password"),
        }
    if service is Service.TEMPLATES:
        values |= {
            "EHRBASE_ADMIN_USER": EHRBASE_ADMIN,
            "EHRBASE_ADMIN_PASSWORD_FILE": str(place.secrets / "ehrbase.admin.password"),
        }
    if service is Service.CLINICAL:
        values |= {
            "EVT_DATABASE_URL": f"postgresql://clinical_evt@{place.database}/ehrbase",
            "EVT_DATABASE_PASSWORD_FILE": str(place.secrets / "clinical_evt.db.password"),
        }
    if service in USES_PRISMA_CLIENT:
        values |= {
            "PRISMA_ENGINE": str(place.root / "libs" / "prisma-engine" / "src" / "prisma-engine.mjs"),
            "PRISMA_CLIENT": str(place.root / "services" / service / "prisma" / "client"),
        }
    if service in _SIGNS_CURSORS:
        values["CURSOR_KEY_FILE"] = str(place.secrets / "cursor.key")
    return {f"OPENWARD_{name}": value for name, value in values.items()}


def _common(place: Place, service: Service) -> dict[str, str]:
    return {
        "SERVICE": str(service),
        "ENVIRONMENT": "local",
        "HOST": place.host,
        "PORT": str(place.port),
        "LOG_LEVEL": "info",
        "PUBLIC_URL": place.public_url,
        "DATABASE_URL": f"postgresql://{service}@{place.database}/{service}",
        "DATABASE_PASSWORD_FILE": str(place.secrets / f"{service}.db.password"),
        "DATABASE_POOL_SIZE": "10",
        "NATS_URL": place.nats_url,
        "NATS_SEED_FILE": str(place.secrets / f"{service}.nk"),
        "OIDC_ISSUER": place.issuer,
        "OIDC_AUDIENCE": AUDIENCE,
        "OIDC_JWKS_URL": place.jwks_url,
        "DRAIN_SECONDS": "10",
    }
