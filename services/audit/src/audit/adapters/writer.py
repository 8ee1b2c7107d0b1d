"""Of all processes one writes: the one whose connection, on which it writes, holds an advisory lock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, NoReturn

import asyncpg
import structlog
from openward_servicekit.tasks import together

from audit.adapters.postgres_log import PostgresLog
from audit.domain.ports import Log
from audit.metrics import AuditMetrics

# try, not wait: a session that waits for a lock holds a snapshot, and with it vacuum in the whole database.
_TRY_LOCK: Final = "select pg_try_advisory_lock(hashtextextended('openward.audit.writer', 0))"
#: Between tries to become the writer: how long nobody may be, after one died.
_TRY_EVERY_S: Final = 0.25
_CHECK_EVERY_S: Final = 1.0

_log = structlog.get_logger(__name__)


class Writer:
    """`work` is what the writer does with the log; it ends by an error or by being cancelled."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        work: Callable[[Log], Coroutine[Any, Any, None]],
        metrics: AuditMetrics,
    ) -> None:
        self._connect = connect
        self._work = work
        self._metrics = metrics
        self._trouble: str | None = None

    async def run(self) -> NoReturn:
        """Until cancelled: stand by, write, and when the database was lost, again."""
        while True:
            try:
                async with self._lock_held() as log:
                    await together(
                        {"audit writer: check": _check(log), "audit writer: work": self._work(log)}
                    )
            except Exception as error:  # noqa: BLE001  whatever it is, somebody has to write
                self._troubled(error)
            await asyncio.sleep(_TRY_EVERY_S)

    @asynccontextmanager
    async def _lock_held(self) -> AsyncIterator[PostgresLog]:
        connection = await self._connect()
        try:
            while not await connection.fetchval(_TRY_LOCK):
                self._trouble = None
                await asyncio.sleep(_TRY_EVERY_S)
            self._trouble = None
            self._metrics.writer.set(1)
            _log.info("audit.writing")
            yield PostgresLog(connection)
        finally:
            self._metrics.writer.set(0)
            with suppress(Exception):
                await connection.close(timeout=1)

    def _troubled(self, error: Exception) -> None:
        """A line for each kind of trouble, not for each try."""
        if (trouble := type(error).__name__) != self._trouble:
            _log.warning("audit.not_writing", why=trouble)
        self._trouble = trouble


async def _check(log: PostgresLog) -> NoReturn:
    """Raises LogLost soon after the connection was lost, also when there is nothing to write."""
    while True:
        await log.check()
        await asyncio.sleep(_CHECK_EVERY_S)
