from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asyncpg.pool import PoolConnectionProxy
from openward_servicekit.database import AWAY, away

Connection = PoolConnectionProxy
"""A connection that is lent by the pool."""


@asynccontextmanager
async def reached() -> AsyncIterator[None]:
    """A database that is away, as a Failure: 503 where nothing can have been done, 504 where nobody knows."""
    try:
        yield
    except AWAY as error:
        raise away(error) from None
