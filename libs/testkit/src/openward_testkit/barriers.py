"""Holding a running system still at a chosen step, from outside: a locked table, a frozen server."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg
from openward_cli.stack import Stack

from openward_testkit.killing import pid_of
from openward_testkit.postgres import PostgresServer

_WAITING: Final = "select count(*) from pg_locks where relation = $1::regclass and not granted"


@dataclass(frozen=True)
class Barrier:
    """A table that nobody else may change."""

    connection: asyncpg.Connection
    table: str

    async def reached(self, seconds: float = 90) -> None:
        """Somebody waits in front of it; AssertionError after so many seconds."""
        give_up = time.monotonic() + seconds
        while not await self.connection.fetchval(_WAITING, self.table):
            assert time.monotonic() < give_up, f"nobody wanted {self.table} within {seconds} s"
            await asyncio.sleep(0.02)


@asynccontextmanager
async def locked(stack: Stack, database: str, table: str) -> AsyncIterator[Barrier]:
    """Readers pass; who wants to change a row waits until the block ends."""
    server = PostgresServer.from_environment()
    assert server.stack == stack, "the lock would be on another stack's server"
    connection = await asyncpg.connect(server.of(database))
    try:
        async with connection.transaction():
            await connection.execute(f"lock table {table} in exclusive mode")
            yield Barrier(connection, table)
    finally:
        await connection.close()


@contextmanager
def frozen(stack: Stack, name: str) -> Iterator[None]:
    """The process answers nobody during the block, and then goes on as if nothing had been."""
    pid = pid_of(stack, name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
