"""PostgreSQL through asyncpg, for what does not go through Prisma (ADR 0008); what it raises when away."""

from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
from pydantic import SecretStr

from openward_servicekit.errors import Failure, Unavailable
from openward_servicekit.http import SECONDS_UNTIL_RETRY, ConnectionLost, UpstreamUnavailable
from openward_servicekit.settings import ServiceSettings

Reset = Callable[[asyncpg.Connection], Awaitable[None]]

_COMMAND_SECONDS: Final = 10

#: It did not take the connection, so nothing was asked of it.
_REFUSED: Final = (ConnectionRefusedError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError)
#: It has given up the statement and undone it: no time (`statement_timeout`), disk or memory left, or it is a
#: standby, which takes no writes.
_UNDONE: Final = (
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)
#: It cannot be reached, starts, stops, has ended the session, or can do nothing now. OSError includes every
#: TimeoutError.
AWAY: Final = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the session ended between two messages of one statement
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    *_REFUSED,
    *_UNDONE,
)

#: PostgreSQL has no U+0000 in a text.
UNSTORABLE: Final = asyncpg.CharacterNotInRepertoireError


class DatabaseOverloaded(Unavailable):
    """It answers, but had to give up what it was asked for: that was not done."""

    slug = "database-overloaded"


def away(error: Exception) -> Failure:
    """503 where nothing can have been done, 504 where nobody knows."""
    if isinstance(error, _REFUSED):
        return UpstreamUnavailable("the database cannot be reached", retry_after=SECONDS_UNTIL_RETRY)
    if isinstance(error, _UNDONE):
        return DatabaseOverloaded("the database cannot do this now", retry_after=SECONDS_UNTIL_RETRY)
    return ConnectionLost("the connection to the database was lost")


def make_pool(
    settings: ServiceSettings,
    *,
    url: str | None = None,
    password: SecretStr | None = None,
    size: int | None = None,
    reset: Reset | None = None,
) -> asyncpg.Pool:
    """To the own database, or the one at `url`; open it with `async with`. A statement may take 10 s.

    `reset` is done to a connection that comes back, instead of taking all settings and locks from it.
    """
    login = password or settings.database_password
    return asyncpg.create_pool(
        url or settings.database_url,
        password=login.get_secret_value(),
        min_size=1,
        max_size=size or settings.database_pool_size,
        reset=reset,
        command_timeout=_COMMAND_SECONDS,
        server_settings={"application_name": settings.service},
    )


async def unchanged(_: asyncpg.Connection) -> None:
    """The `reset` of a pool whose users leave no setting and no lock behind: one round trip less."""


async def answers(pool: asyncpg.Pool) -> None:
    """For readiness: raises what keeps the database from answering."""
    await pool.fetchval("select 1")
