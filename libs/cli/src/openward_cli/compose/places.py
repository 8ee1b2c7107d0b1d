"""Addresses, folders and users inside the containers. A dollar sign is for Compose: it puts variables in."""

from pathlib import Path
from typing import Final

from openward_cli.environment import Place
from openward_cli.stack import Service, Stack

#: The repository's files in the images that are built from it, as far as they are there.
ROOT: Final = Path("/opt/openward")
SECRETS: Final = Path("/run/secrets")
#: Of the images that are built from the repository, and of official ones that leave the choice.
USER: Final = "10001:10001"

GATEWAY_PORT: Final = 8080
GATEWAY_ADMIN_PORT: Final = 8081
POSTGRES: Final = ("postgres", 5432)
NATS_PORT: Final = 4222
EHRBASE_PORT: Final = 8301
IDENTITY_PORT: Final = 8080

PUBLIC_URL_DEFAULT: Final = "http://localhost:8080"
PUBLIC_URL: Final = f"${{OPENWARD_PUBLIC_URL:-{PUBLIC_URL_DEFAULT}}}"
REALM: Final = "/realms/openward"
KEYS: Final = f"{REALM}/protocol/openid-connect/certs"
#: What signing in takes; a person's account and the registration of clients are left inside.
SIGN_IN: Final = (
    *(f"{REALM}/{path}" for path in (".well-known", "login-actions", "protocol/openid-connect")),
    "/resources",
)

#: Below each is one volume of the same name, where the job `configure` writes and its reader reads.
STATE: Final = Path("/state")
GATEWAY_FILES: Final = Path("/etc/openward")
NATS_FILES: Final = Path("/etc/nats/openward")
NATS_DATA: Final = Path("/data")
KEYCLOAK_FILES: Final = Path("/opt/keycloak/data/import")


def service_port(service: Service) -> int:
    """The same as in a local stack."""
    return Stack(stack="dev", replicas=1, port_offset=0).service_port(service)


def nats_url() -> str:
    return f"nats://nats:{NATS_PORT}"


def identity_url(path: str) -> str:
    """Of the identity provider, from inside."""
    return f"http://identity:{IDENTITY_PORT}{path}"


def place(service: Service) -> Place:
    return Place(
        host="0.0.0.0",  # noqa: S104 - of a container, whose networks say who reaches it
        port=service_port(service),
        public_url=PUBLIC_URL,
        issuer=f"{PUBLIC_URL}{REALM}",
        jwks_url=identity_url(KEYS),
        nats_url=nats_url(),
        ehrbase_url=f"http://ehrbase:{EHRBASE_PORT}/ehrbase",
        database="{}:{}".format(*POSTGRES),
        secrets=SECRETS,
        root=ROOT,
    )
