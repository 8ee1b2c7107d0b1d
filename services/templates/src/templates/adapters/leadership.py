"""Of all processes one compares: the one whose connection holds an advisory lock (Prisma's have no owner)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from openward_servicekit.outbox.postgres import connector

from templates.settings import Settings

# try, not wait: a session that waits for a lock holds a snapshot, and with it vacuum in the whole database.
_TRY_LOCK: Final = "select pg_try_advisory_lock(hashtextextended('openward.templates.comparison', 0))"
_TRY_EVERY_S: Final = 2.0


class PostgresLeadership:
    """The Leadership port. `connect` opens a connection of asyncpg."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self._connect = connect

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        connection = await self._connect()
        try:
            await _lock(connection)
            yield lambda: _check(connection)
        finally:
            with suppress(Exception):
                await connection.close(timeout=1)


async def _lock(connection: Any) -> None:
    while True:
        if await connection.fetchval(_TRY_LOCK):
            return
        await asyncio.sleep(_TRY_EVERY_S)


async def _check(connection: Any) -> None:
    await connection.execute("select 1")


def leadership(settings: Settings) -> PostgresLeadership:
    name = f"{settings.service}-comparison"
    return PostgresLeadership(
        connector(settings.database_url, settings.database_password, application_name=name)
    )
