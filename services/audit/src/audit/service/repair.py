"""What a stream has lost, from the archives of the services that published it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final
from uuid import UUID

import structlog
from openward_servicekit.streams import StreamStopped

from audit.domain.entry import NewEntry
from audit.domain.mapping import entry_of
from audit.domain.ports import Archives, Log, Position, Streams
from audit.domain.sequences import dense, described, missing
from audit.metrics import AuditMetrics
from audit.service.appending import MOST_ENTRIES, Appender

#: Beyond any sequence.
END: Final = 2**62

_log = structlog.get_logger(__name__)


class Repair:
    """Repairs one stream."""

    def __init__(
        self, streams: Streams, archives: Archives, log: Log, appender: Appender, metrics: AuditMetrics
    ) -> None:
        self._streams = streams
        self._archives = archives
        self._log = log
        self._appender = appender
        self._metrics = metrics

    async def fill(self, position: Position, until: int) -> None:
        """Add the first messages between `position` and `until`, which the stream does not have.

        Raises StreamStopped when no archive has the very first: what comes later may not come before it.
        """
        lost = missing(position.sequence, until, MOST_ENTRIES)
        found = await self._log.note_gap(position, lost)
        if found:
            self._metrics.missing.labels(position.stream).inc(found)
            _log.error("audit.messages_missing", stream=position.stream, sequences=described(lost))
        replay = await self._archives.replay(position.stream, lost[0], lost[-1])
        run = dense(replay.messages, position.sequence)
        if not run:
            held = f"no answer from {', '.join(replay.silent)}" if replay.silent else "no archive has it"
            raise StreamStopped(f"{position.stream}: {described(lost)} missing; {lost[0]}: {held}")
        await self._appender.append(position, run, repaired=True)
        restored = range(lost[0], run[-1].sequence + 1)
        _log.info("audit.messages_repaired", stream=position.stream, sequences=described(restored))

    async def begin_again(self, position: Position) -> None:
        """The stream is not the one that was read: NATS was restored from a backup, or made anew.

        Messages that NATS had confirmed after that backup, and that were not read yet, are in the archives
        only: they come first. Then the stream is compared from its beginning, and reading goes on before the
        first message that the log does not have. Nothing is added twice: an event id is in the log once.
        """
        stream = position.stream
        _log.error("audit.stream_began_again", stream=stream, position=position.sequence)
        self._metrics.restarts.labels(stream).inc()
        replay = await self._archives.replay(stream, position.sequence + 1, END)
        if replay.silent:
            raise StreamStopped(
                f"{stream}: NATS does not have what was read up to {position.sequence}; "
                f"what it may have lost after that: no answer from {', '.join(replay.silent)}"
            )
        # The archives also have what was published since: that is read from the stream, in its order.
        present = await self._fingerprints(stream, position.sequence + 1)
        lost = [m for m in replay.messages if entry_of(stream, m).fingerprint not in present]
        position = await self._appender.append(position, lost, repaired=True)
        known = await self._last_known(stream)
        await self._log.begin_again(
            position, known.sequence if known else 0, known.fingerprint if known else None
        )

    async def _fingerprints(self, stream: str, first: int) -> set[UUID]:
        """Of everything that the stream has now, from a sequence on."""
        async with aclosing(self._batches(stream, first)) as batches:
            return {entry.fingerprint async for batch in batches for entry in batch}

    async def _last_known(self, stream: str) -> NewEntry | None:
        """The last message before the first that is not in the log."""
        last = None
        async with aclosing(self._batches(stream, 1)) as batches:
            async for batch in batches:
                unseen = await self._log.unseen(batch)
                known = [entry for entry in batch if not unseen or entry.sequence < unseen[0].sequence]
                last = known[-1] if known else last
                if unseen:
                    break
        return last

    async def _batches(self, stream: str, first: int) -> AsyncGenerator[list[NewEntry], None]:
        async with self._streams.reading(stream, first) as reader:
            while messages := await reader.next():
                yield [entry_of(stream, message) for message in messages]
