"""Follows streams: every message into the log, in order, none left out."""

import asyncio
from collections.abc import Sequence
from typing import Final, NoReturn

import structlog
from openward_contracts.catalogue import STREAMS
from openward_servicekit.streams import Message, StreamStopped, StreamUnavailable
from openward_servicekit.tasks import together

from audit.domain.errors import LogLost
from audit.domain.mapping import entry_of
from audit.domain.ports import Archives, Log, Position, Reader, Streams
from audit.domain.sequences import dense, later
from audit.metrics import AuditMetrics
from audit.service.appending import Appender
from audit.service.repair import Repair

#: Between tries of a stream that has stopped, and of NATS while it is away.
_RETRY_STOPPED_S: Final = 3.0
_RETRY_AWAY_S: Final = 0.5
_UNKNOWN: Final = "unknown"

_log = structlog.get_logger(__name__)


async def follow_all(streams: Streams, archives: Archives, metrics: AuditMetrics, log: Log) -> None:
    """Follow every stream until cancelled. Raises LogLost."""
    followers = {stream: Follower(stream, streams, archives, log, metrics) for stream in STREAMS}
    await together({f"follow {stream}": follower.run() for stream, follower in followers.items()})


class Follower:
    """Follows one stream. It stops at what cannot be repaired; other streams go on."""

    def __init__(
        self, stream: str, streams: Streams, archives: Archives, log: Log, metrics: AuditMetrics
    ) -> None:
        self._stream = stream
        self._streams = streams
        self._log = log
        self._appender = Appender(log, metrics)
        self._repair = Repair(streams, archives, log, self._appender, metrics)
        #: As the log has it; an earlier writer may have left a note there.
        self._stopped: str | None = _UNKNOWN

    async def run(self) -> NoReturn:
        """Until cancelled. Raises LogLost."""
        while True:
            try:
                await self._session()
            except LogLost:
                raise
            except StreamUnavailable:
                await asyncio.sleep(_RETRY_AWAY_S)
            except StreamStopped as stopped:
                await self._note(stopped.detail)
                await asyncio.sleep(_RETRY_STOPPED_S)
            except Exception as error:  # noqa: BLE001  readiness tells it, and it is tried again
                _log.error("audit.follower_failed", stream=self._stream, exc_info=error)
                await self._note(f"{self._stream}: {type(error).__name__}")
                await asyncio.sleep(_RETRY_STOPPED_S)

    async def _session(self) -> None:
        """Read on from the log's position; returns when the stream has to be looked at anew."""
        position = await self._log.position(self._stream)
        last = await self._streams.last_sequence(self._stream)
        if last < position.sequence:
            await self._repair.begin_again(position)
            return
        # From the last message that is in the log: it shows whether the stream is still the same.
        async with self._streams.reading(self._stream, max(position.sequence, 1)) as reader:
            messages = await reader.next()
            if _is_another(messages, position):
                await self._repair.begin_again(position)
            else:
                await self._follow(reader, messages, position, last)

    async def _follow(
        self, reader: Reader, messages: Sequence[Message], position: Position, last: int
    ) -> None:
        """`messages` are the reader's first; `last` is a sequence that the stream has reached.

        A hole counts only where a reader begins: one that has delivered something may have lost messages on
        their way that the stream still has.
        """
        begins = True
        while True:
            if run := dense(later(messages, position.sequence), position.sequence):
                position, begins = await self._appender.append(position, run), False
                await self._note(None)
            if hole_until := await _hole_until(reader, messages, position, last):
                if begins:
                    await self._repair.fill(position, hole_until)
                return
            if not messages and (last := await self._last_at_rest(position)) < position.sequence:
                return
            messages = await reader.next()

    async def _last_at_rest(self, position: Position) -> int:
        last = await self._streams.last_sequence(self._stream)
        if last == position.sequence:
            await self._note(None)
        return last

    async def _note(self, stopped: str | None) -> None:
        if stopped == self._stopped:
            return
        await self._log.stop(self._stream, stopped)
        if stopped:
            _log.error("audit.stream_stopped", stream=self._stream, why=stopped)
        elif self._stopped not in (None, _UNKNOWN):
            _log.info("audit.stream_goes_on", stream=self._stream)
        self._stopped = stopped


def _is_another(messages: Sequence[Message], position: Position) -> bool:
    """Whether the stream has another message where the log has its last one."""
    if not messages or messages[0].sequence != position.sequence:
        return False
    return entry_of(position.stream, messages[0]).fingerprint != position.fingerprint


async def _hole_until(reader: Reader, messages: Sequence[Message], position: Position, last: int) -> int:
    """The last of the sequences after `position` that the stream does not have; 0 when nothing is missing."""
    if rest := later(messages, position.sequence):
        return rest[0].sequence - 1
    if not messages and last > position.sequence and not await reader.pending():
        return last
    return 0
