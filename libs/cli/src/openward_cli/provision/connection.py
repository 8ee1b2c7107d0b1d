"""The superuser's sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from openward_cli.failure import Failure
from openward_cli.provision.patience import NotYet, patiently
from openward_cli.provision.secret_files import read
from openward_cli.provision.target import Target

#: "openward" in ASCII, cut to 63 bits.
_LOCK = 0x6F70656E77617264


@asynccontextmanager
async def connected(target: Target, database: str) -> AsyncIterator[asyncpg.Connection]:
    """A session of the superuser. Waits for a server that is starting; `Failure` when it never answers."""
    password = read(target.secrets_dir, "postgres.password")

    async def connect() -> asyncpg.Connection:
        try:
            return await asyncpg.connect(
                host=target.postgres_host,
                port=target.postgres_port,
                user=target.postgres_user,
                password=password,
                database=database,
                timeout=5,
            )
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError) as error:
            raise NotYet("does not answer") from error
        except asyncpg.InvalidCatalogNameError as error:
            raise NotYet(f"has no database {database}") from error

    where = f"PostgreSQL at {target.postgres_host}:{target.postgres_port}"
    try:
        connection = await patiently(
            connect, seconds=target.wait_seconds, what=where, remedy="is it running?"
        )
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise Failure(
            f"{where} refuses {target.postgres_user} with the secret postgres.password",
            "the data folder was made with another password",
        ) from error
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def exclusively(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """One provision step at a time: two that alter one role would fail with "tuple concurrently updated"."""
    await connection.execute("select pg_advisory_lock($1)", _LOCK)
    try:
        yield
    finally:
        await connection.execute("select pg_advisory_unlock($1)", _LOCK)


async def define(connection: asyncpg.Connection, **settings: str) -> None:
    """Values that a SQL file reads with `current_setting('openward.<name>')`."""
    for name, value in settings.items():
        await connection.execute("select set_config('openward.' || $1, $2, false)", name, value)
