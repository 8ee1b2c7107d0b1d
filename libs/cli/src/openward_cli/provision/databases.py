"""Login roles and databases, with the rights that `infra/postgres/*.sql` gives them."""

import json

import asyncpg

from openward_cli.provision import scram
from openward_cli.provision.connection import connected, define, exclusively
from openward_cli.provision.roles import ROLES, Role
from openward_cli.provision.secret_files import read
from openward_cli.provision.target import Target, source
from openward_cli.stack import Service

# Order, upper and lower case are the same on every machine, whatever its C library. Only pg_trgm still
# follows lc_ctype, and so sees no letters beyond ASCII.
LOCALE = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
#: As EHRbase's own createdb.sql has it.
_EHRBASE_LOCALE = "LOCALE 'C'"


async def provision_databases(target: Target) -> None:
    """Roles, passwords, databases and schema rights are as they should be when this returns."""
    async with connected(target, "postgres") as server, exclusively(server):
        await server.execute(source("postgres", "server.sql"))
        for role in ROLES:
            await ensure_role(server, role, read(target.secrets_dir, f"{role.name}.db.password"))
        for service in Service:
            await ensure_service_database(target, server, service, str(service))
        await ensure_ehrbase_database(target, server, "ehrbase")


async def ensure_service_database(
    target: Target, server: asyncpg.Connection, service: Service, database: str
) -> None:
    await ensure_database(server, database, LOCALE)
    await prepare(target, database, "service_database.sql", service=service)


async def ensure_ehrbase_database(target: Target, server: asyncpg.Connection, database: str) -> None:
    await ensure_database(server, database, _EHRBASE_LOCALE)
    await prepare(target, database, "ehrbase_database.sql")


async def ensure_database(server: asyncpg.Connection, name: str, locale: str) -> None:
    if not await server.fetchval("select exists (select from pg_database where datname = $1)", name):
        await server.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {locale}")


async def ensure_role(server: asyncpg.Connection, role: Role, password: str) -> None:
    wanted = {
        "name": role.name,
        "verifier": scram.verifier(password),
        "connections": role.connections,
        "settings": dict(role.settings),
    }
    await define(server, role=json.dumps(wanted))
    await server.execute(source("postgres", "role.sql"))


async def prepare(target: Target, database: str, file: str, **settings: str) -> None:
    async with connected(target, database) as connection:
        await define(connection, **settings)
        await connection.execute(source("postgres", file))
