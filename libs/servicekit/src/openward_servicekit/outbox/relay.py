"""Moves committed outbox rows to JetStream, in order, from whichever process holds the database's lock."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from time import monotonic

from nats.aio.client import Client
from prometheus_client import CollectorRegistry

from openward_servicekit.health import Dependency
from openward_servicekit.outbox.batches import Batches
from openward_servicekit.outbox.metrics import OutboxMetrics
from openward_servicekit.outbox.options import RelayOptions
from openward_servicekit.outbox.publisher import StreamUnavailable, publish
from openward_servicekit.outbox.records import OutboxRecord
from openward_servicekit.outbox.source import Outbox, OutboxSource
from openward_servicekit.outbox.status import RelayStatus
from openward_servicekit.tasks import running

# try, not wait: a session that waits for a lock holds a snapshot, and with it vacuum in the whole database.
_TRY_LEAD = "select pg_try_advisory_lock(hashtextextended('openward.outbox.' || $1, 0))"
_BATCH_ROWS = 200
_SMALL_PASS = 50
_PURGE_ROWS = 1000
_PURGE_EVERY_S = 600
_FIRST_PAUSE_S = 0.1
#: Tries to become leader between two looks at the backlog, so that every replica's readiness knows it.
_FOLLOWER_LOOKS_EVERY = 8


class Relay:
    """One process's part in relaying one outbox. `run` it in a task; any number of processes may.

    Promises: a row leaves the table only into the archive and only after its stream confirmed it; rows of one
    aggregate are published in id order; nothing is published twice within the stream's duplicate window. A
    row that NATS refuses stays, and holds back its own aggregate only; logs, metrics and readiness say why.
    """

    def __init__(
        self,
        outbox: Outbox,
        nats: Callable[[], Client | None],
        *,
        metrics: OutboxMetrics | None = None,
        options: RelayOptions | None = None,
    ) -> None:
        """`nats` gives the connection to publish on, or None while there is none."""
        self._outbox = outbox
        self._nats = nats
        self._options = options or RelayOptions()
        self._wake = asyncio.Event()
        self._purge_at = 0.0
        metrics = metrics or OutboxMetrics(CollectorRegistry())
        self.status = RelayStatus(outbox.name, self._options.overdue, metrics)
        self._batches = Batches(self._options.refused_poll, self.status.refuses)

    @property
    def dependency(self) -> Dependency:
        """For readiness. Not critical: a service whose events wait still serves, and loses none of them."""
        return Dependency(f"outbox {self._outbox.name}", self.status.check, critical=False)

    def wake(self) -> None:
        """Look at once: for a process that just committed a row. No effect where another process leads."""
        self._wake.set()

    def running(self) -> AbstractAsyncContextManager[None]:
        """`run` in a task for as long as the block."""
        return running(self.run(), f"relay {self._outbox.name}")

    async def run(self) -> None:
        """Until cancelled. Survives the loss of PostgreSQL and of NATS."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                async with self._leading() as source:
                    pause = _FIRST_PAUSE_S
                    await self._relay(source)
            except Exception as error:  # noqa: BLE001  whatever it is, a relay must come back
                self.status.troubled(type(error).__name__, error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._options.max_backoff)

    @contextlib.asynccontextmanager
    async def _leading(self) -> AsyncIterator[OutboxSource]:
        """The source on the connection that holds the lock: who loses the connection can archive nothing."""
        connection = await self._outbox.connect()
        try:
            source = self._outbox.source(connection)
            for attempt in itertools.count():
                if await connection.fetchval(_TRY_LEAD, self._outbox.name):
                    break
                if attempt % _FOLLOWER_LOOKS_EVERY == 0:
                    self.status.sees(await source.fetch(1))
                await asyncio.sleep(self._options.lead_poll)
            self.status.leads()
            yield source
        finally:
            self.status.leader = False
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

    async def _relay(self, source: OutboxSource) -> None:
        moved_at, backoff = monotonic(), _FIRST_PAUSE_S
        while True:
            moved = await self._pass(source)
            await self._purge(source)
            if moved:
                moved_at, backoff = monotonic(), _FIRST_PAUSE_S
                if moved < _SMALL_PASS:
                    await asyncio.sleep(self._options.gather(moved))
            elif self.status.in_trouble:
                await asyncio.sleep(backoff)
                backoff = min(2 * backoff, self._options.max_backoff)
            else:
                await self._pause(monotonic() - moved_at)

    async def _pass(self, source: OutboxSource) -> int:
        """Publish and archive the oldest rows once; how many were moved."""
        rows = await source.fetch(_BATCH_ROWS + len(self.status.refused))
        self.status.sees(rows)
        moved, trouble = 0, None
        for stream, batch in self._batches.of(rows).items():
            try:
                moved += await self._publish(source, stream, batch)
            except StreamUnavailable as error:
                trouble = str(error)
        if moved == len(rows):
            self.status.sees(())  # the next pass, which knows better, may be a while away
        if trouble:
            self.status.troubled(trouble)
        else:
            self.status.recovered()
        return moved

    async def _publish(self, source: OutboxSource, stream: str, rows: Sequence[OutboxRecord]) -> int:
        nats = self._nats()
        if nats is None or not nats.is_connected:
            raise StreamUnavailable("NATS is away")
        published = await publish(nats, stream, rows)
        if published.sent:
            await source.archive(published.sent)
            self.status.moved(rows, published.sent)
        if published.refused:
            self._batches.hold(published.refused)
        return len(published.sent)

    async def _purge(self, source: OutboxSource) -> None:
        if monotonic() < self._purge_at:
            return
        purged = await source.purge(self._options.retention, _PURGE_ROWS)
        self._purge_at = monotonic() + (1 if purged == _PURGE_ROWS else _PURGE_EVERY_S)

    async def _pause(self, quiet_for: float) -> None:
        options = self._options
        poll = options.busy_poll if quiet_for < options.busy_for else options.idle_poll
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), poll)
        self._wake.clear()
