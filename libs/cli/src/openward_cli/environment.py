"""What a service process is told: the one list of variable names, for processes and containers alike."""

from openward_cli.servers.ehrbase import USER as EHRBASE_USER
from openward_cli.stack import Service, Stack

AUDIENCE = "urn:openward"
_USES_EHRBASE = {Service.CLINICAL, Service.TEMPLATES}
_SIGNS_CURSORS = {Service.PATIENTS, Service.TEMPLATES, Service.AUDIT}
_USES_PRISMA_CLIENT = {Service.PATIENTS, Service.TEMPLATES}


def service_environment(stack: Stack, service: Service, replica: int = 0) -> dict[str, str]:
    """Every variable of a service carries the prefix; those that end in _FILE name a file with a secret."""
    values = _common(stack, service, replica)
    if service in _USES_EHRBASE:
        values |= {
            "EHRBASE_URL": stack.ehrbase_url,
            "EHRBASE_USER": EHRBASE_USER,
            "EHRBASE_PASSWORD_FILE": str(stack.secret("ehrbase.user.password")),
        }
    if service is Service.CLINICAL:
        values |= {
            "EVT_DATABASE_URL": stack.database_url("clinical_evt", "ehrbase"),
            "EVT_DATABASE_PASSWORD_FILE": str(stack.secret("clinical_evt.db.password")),
        }
    if service in _USES_PRISMA_CLIENT:
        values |= {
            "PRISMA_ENGINE": str(stack.root / "libs" / "prisma-engine" / "src" / "prisma-engine.mjs"),
            "PRISMA_CLIENT": str(stack.root / "services" / service / "prisma" / "client"),
        }
    if service in _SIGNS_CURSORS:
        values["CURSOR_KEY_FILE"] = str(stack.secret("cursor.key"))
    return {f"OPENWARD_{name}": value for name, value in values.items()}


def _common(stack: Stack, service: Service, replica: int) -> dict[str, str]:
    return {
        "SERVICE": str(service),
        "ENVIRONMENT": "local",
        "HOST": "127.0.0.1",
        "PORT": str(stack.service_port(service, replica)),
        "LOG_LEVEL": "info",
        "PUBLIC_URL": stack.gateway_url,
        "DATABASE_URL": stack.database_url(service, service),
        "DATABASE_PASSWORD_FILE": str(stack.secret(f"{service}.db.password")),
        "DATABASE_POOL_SIZE": "10",
        "NATS_URL": stack.nats_url,
        "NATS_SEED_FILE": str(stack.secret(f"{service}.nk")),
        "OIDC_ISSUER": stack.issuer,
        "OIDC_AUDIENCE": AUDIENCE,
        "OIDC_JWKS_URL": f"{stack.issuer}/jwks",
        "DRAIN_SECONDS": "10",
    }
