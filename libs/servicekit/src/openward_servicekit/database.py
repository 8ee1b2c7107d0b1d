"""PostgreSQL while it is away: what asyncpg raises then, and what that is to a client."""

from typing import Final

import asyncpg

from openward_servicekit.errors import Failure
from openward_servicekit.http import SECONDS_UNTIL_RETRY, ConnectionLost, UpstreamUnavailable

#: It did not take the connection, so nothing was asked of it.
_REFUSED: Final = (ConnectionRefusedError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError)
#: It cannot be reached, starts, stops, or has ended the session. OSError includes every TimeoutError.
AWAY: Final = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    *_REFUSED,
)


def away(error: Exception) -> Failure:
    """503 where nothing can have been done, 504 where nobody knows."""
    if isinstance(error, _REFUSED):
        return UpstreamUnavailable("the database cannot be reached", retry_after=SECONDS_UNTIL_RETRY)
    return ConnectionLost("the connection to the database was lost")
