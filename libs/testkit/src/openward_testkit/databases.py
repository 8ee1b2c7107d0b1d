"""Databases of the services, migrated as in operation and empty: copies of a template, migrated once."""

import asyncio
import contextlib
import hashlib
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote, unquote, urlsplit

import asyncpg
from openward_cli import prisma
from openward_cli.provision.connection import exclusively
from openward_cli.provision.databases import ensure_role, ensure_service_database
from openward_cli.provision.roles import ROLES
from openward_cli.provision.target import Target
from openward_cli.stack import REPOSITORY, Service
from pydantic import SecretStr

from openward_testkit.postgres import PostgresServer


class DatabaseSettings(TypedDict):
    """Fields of ServiceSettings."""

    database_url: str
    database_password: SecretStr


@dataclass(frozen=True, slots=True)
class ServiceDatabase:
    """One service's tables, with nothing in them but what its migrations put there."""

    name: str
    #: The superuser's, with the password.
    admin_url: str
    #: How the service itself comes in: its runtime role, with no more rights than in operation.
    settings: DatabaseSettings

    async def connect(self) -> asyncpg.Connection:
        """A connection with the service's rights. Close it."""
        password = self.settings["database_password"].get_secret_value()
        return await asyncpg.connect(self.settings["database_url"], password=password)


@contextlib.asynccontextmanager
async def service_database(server: PostgresServer, service: Service) -> AsyncIterator[ServiceDatabase]:
    """A database of its own while the block runs."""
    name = f"test_{service}_{secrets.token_hex(6)}"
    with _target(server) as target:
        template = await _template(server, target, service)
        await server.execute(f"create database {name} template {template}")
        try:
            async with _session(server) as session:
                # The rights on a database itself are not among what a copy gets from its template.
                await ensure_service_database(target, session, service, name)
            yield _described(server, service, name)
        finally:
            await server.execute(f"drop database {name} with (force)")


async def _template(server: PostgresServer, target: Target, service: Service) -> str:
    """The template for the migrations as they are now; made by the first who needs it, under a lock."""
    prefix = f"template_{service}_"
    name = prefix + _digest(service)
    async with _session(server) as session, exclusively(session):
        known = await session.fetch("select datname from pg_database where starts_with(datname, $1)", prefix)
        if name in {row["datname"] for row in known}:
            return name
        for row in known:
            with contextlib.suppress(asyncpg.ObjectInUseError):
                await session.execute(f"drop database {row['datname']}")
        if server.stack is None:
            for role in ROLES:
                await ensure_role(session, role, server.password(role.name))
        await ensure_service_database(target, session, service, f"{prefix}unfinished")
        await asyncio.to_thread(prisma.migrate_deploy, _owner_url(server, service), service)
        await session.execute(f"alter database {prefix}unfinished rename to {name}")
        await session.execute(f"alter database {name} allow_connections false")
    return name


@contextlib.asynccontextmanager
async def _session(server: PostgresServer) -> AsyncIterator[asyncpg.Connection]:
    session = await asyncpg.connect(server.url)
    try:
        yield session
    finally:
        await session.close()


@contextlib.contextmanager
def _target(server: PostgresServer) -> Iterator[Target]:
    """The server as the provision step sees it."""
    parts = urlsplit(server.url)
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "postgres.password").write_text(unquote(parts.password or "none"))
        yield Target(
            secrets_dir=Path(directory),
            postgres_host=parts.hostname or "127.0.0.1",
            postgres_port=parts.port or 5432,
            postgres_user=parts.username or "postgres",
            nats_url="nats://127.0.0.1:1",
            nats_listen="127.0.0.1:1",
            nats_store_dir=Path(directory),
        )


def _described(server: PostgresServer, service: Service, name: str) -> ServiceDatabase:
    url = urlsplit(server.of(name))._replace(netloc=f"{service}@{_address(server)}").geturl()
    password = SecretStr(server.password(service))
    return ServiceDatabase(name, server.of(name), {"database_url": url, "database_password": password})


def _owner_url(server: PostgresServer, service: Service) -> str:
    owner, database = f"{service}_owner", f"template_{service}_unfinished"
    login = f"{owner}:{quote(server.password(owner), safe='')}@{_address(server)}"
    return urlsplit(server.of(database))._replace(netloc=login).geturl()


def _address(server: PostgresServer) -> str:
    return urlsplit(server.url).netloc.rpartition("@")[2]


def _digest(service: Service) -> str:
    """Of all that decides what is in a template."""
    files = sorted((REPOSITORY / "services" / service / "prisma" / "migrations").rglob("*.sql"))
    digest = hashlib.sha256()
    for file in (*files, REPOSITORY / "infra" / "postgres" / "service_database.sql"):
        digest.update(f"{file.relative_to(REPOSITORY)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]
