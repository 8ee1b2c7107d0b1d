"""Containers that do one thing and end. Done again, they change nothing that is right."""

from openward_cli.compose import images, places
from openward_cli.compose.containers import Container, after, confined
from openward_cli.provision.roles import KEYCLOAK, ROLES
from openward_cli.provision.secret_files import NATS_USERS

#: Where the secrets are on the machine that Compose runs on.
SECRETS = "./.run/compose/secrets"


def secrets() -> Container:
    """Not part of `up`: run once before it, as the user whose folder it is."""
    return {
        **_job("provision", "secrets", user="${OPENWARD_UID:-1000}:${OPENWARD_GID:-1000}"),
        "profiles": ["setup"],
        "environment": {
            "OPENWARD_PROVISION_SECRETS_DIR": "/secrets",
            "OPENWARD_PROVISION_FOR_CONTAINERS": "true",
        },
        "volumes": [
            {
                "type": "bind",
                "source": SECRETS,
                "target": "/secrets",
                # Docker would make it, for root.
                "bind": {"create_host_path": False},
            }
        ],
        "network_mode": "none",
    }


def configure() -> Container:
    """Writes what the servers read at their start, each into a volume of its own.

    The volumes take the owner of the image's folder, so that a server that is not root may write: NATS's too.
    """
    volumes = ("gateway", "nats-configuration", "nats", "keycloak")
    return {
        **_job("compose", "--configure", str(places.STATE)),
        "environment": {
            **_target(),
            "OPENWARD_PUBLIC_URL": places.PUBLIC_URL,
            "OPENWARD_GATEWAY_ORIGINS": '${OPENWARD_GATEWAY_ORIGINS:-["http://localhost:5173","http://127.0.0.1:5173"]}',
            "OPENWARD_GATEWAY_RATE_PER_ADDRESS": "${OPENWARD_GATEWAY_RATE_PER_ADDRESS:-200}",
            "OPENWARD_GATEWAY_TRUSTED_HOPS": "${OPENWARD_GATEWAY_TRUSTED_HOPS:-0}",
        },
        "secrets": [
            *(f"{user}.nk" for user in NATS_USERS),
            *("identity.clients.json", "identity.users.json", f"{KEYCLOAK.name}.db.password"),
        ],
        "volumes": [f"{volume}:{places.STATE}/{volume}" for volume in volumes],
        "network_mode": "none",
    }


def provision() -> Container:
    """Streams, roles, databases and the services' tables."""
    return {
        **_job("provision", "servers"),
        "environment": _target(),
        "secrets": [
            *("postgres.password", "provision.nk"),
            *(f"{role.name}.db.password" for role in ROLES),
        ],
        "networks": ["data"],
        **after(healthy=["nats", "postgres"]),
    }


def provision_identity() -> Container:
    """The identity provider's database."""
    return {
        **_job("provision", "keycloak"),
        "environment": _target(),
        "secrets": ["postgres.password", f"{KEYCLOAK.name}.db.password"],
        "networks": ["data"],
        **after(healthy=["postgres"]),
    }


def capture() -> Container:
    """The capture of changes in EHRbase's database, once EHRbase has made its tables."""
    return {
        **_job("provision", "ehrbase"),
        "environment": _target(),
        "secrets": ["postgres.password"],
        "networks": ["data"],
        **after(healthy=["ehrbase", "postgres"]),
    }


def _job(*command: str, user: str = places.USER) -> Container:
    return {
        **images.tools(),
        "command": list(command),
        **confined(user=user, memory="512m", cpus="1"),
        "restart": "no",
    }


def _target() -> dict[str, str]:
    host, port = places.POSTGRES
    return {
        "OPENWARD_PROVISION_SECRETS_DIR": str(places.SECRETS),
        "OPENWARD_PROVISION_POSTGRES_HOST": host,
        "OPENWARD_PROVISION_POSTGRES_PORT": str(port),
        "OPENWARD_PROVISION_NATS_URL": places.nats_url(),
        "OPENWARD_PROVISION_NATS_LISTEN": f"0.0.0.0:{places.NATS_PORT}",
        "OPENWARD_PROVISION_NATS_STORE_DIR": str(places.NATS_DATA),
    }
