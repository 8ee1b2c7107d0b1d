"""Keycloak's database, where it is the identity provider: in containers, not in a local stack."""

from openward_cli.provision.connection import connected, exclusively
from openward_cli.provision.databases import LOCALE, ensure_database, ensure_role, prepare
from openward_cli.provision.roles import KEYCLOAK
from openward_cli.provision.secret_files import read
from openward_cli.provision.target import Target


async def provision_keycloak(target: Target) -> None:
    """Role, password and database are as they should be when this returns; Keycloak makes its tables."""
    async with connected(target, "postgres") as server, exclusively(server):
        await ensure_role(server, KEYCLOAK, read(target.secrets_dir, f"{KEYCLOAK.name}.db.password"))
        await ensure_database(server, KEYCLOAK.name, LOCALE)
        await prepare(target, KEYCLOAK.name, "keycloak_database.sql")
