"""How far the log is with each stream: for auditors, readiness and metrics."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from openward_servicekit.auth import Authorizer, Principal
from openward_servicekit.errors import Unavailable
from openward_servicekit.streams import StreamStopped, StreamUnavailable

from audit.domain.permissions import SEE_STREAMS
from audit.domain.ports import Progress, Progresses, Streams
from audit.metrics import AuditMetrics

#: A stream that waits for longer is behind; one that began again is mentioned for so long.
OVERDUE: Final = timedelta(seconds=60)
MENTIONED: Final = timedelta(days=1)
_LOOK_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class StreamState:
    """`last_sequence` is None while NATS does not say."""

    progress: Progress
    last_sequence: int | None

    @property
    def lag(self) -> int | None:
        """Messages that are not in the log yet. The position may be read before the stream's end moves on."""
        return None if self.last_sequence is None else max(0, self.last_sequence - self.progress.sequence)


@dataclass(frozen=True)
class StreamOverview:
    progresses: Progresses
    streams: Streams
    authorizer: Authorizer

    async def see(self, caller: Principal) -> list[StreamState]:
        await self.authorizer.authorize(caller, SEE_STREAMS)
        return await self.states()

    async def states(self) -> list[StreamState]:
        found = await self.progresses.progress()
        ends = await asyncio.gather(*(self._last_sequence(one.stream) for one in found))
        return [StreamState(one, end) for one, end in zip(found, ends, strict=True)]

    async def _last_sequence(self, stream: str) -> int | None:
        with suppress(StreamUnavailable, StreamStopped):
            return await self.streams.last_sequence(stream)
        return None


class Watch:
    """Looks every few seconds, in every process, whether it appends or not."""

    def __init__(
        self,
        overview: StreamOverview,
        metrics: AuditMetrics,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._overview = overview
        self._metrics = metrics
        self._clock = clock
        self._troubles: Sequence[str] = ("not looked yet",)
        #: Since when a stream is at its position although there is more.
        self._waiting: dict[str, tuple[int, datetime]] = {}

    async def check(self) -> None:
        """For readiness: raises Unavailable saying which streams are not, or not quite, in the log."""
        if self._troubles:
            raise Unavailable("; ".join(self._troubles))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001  the database's own check says more
                self._troubles = (f"not known: {type(error).__name__}",)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def look(self) -> None:
        states = await self._overview.states()
        for state in states:
            self._measure(state)
        now = self._clock()
        self._troubles = [trouble for state in states if (trouble := self._trouble(state, now))]

    def _measure(self, state: StreamState) -> None:
        stream = state.progress.stream
        self._metrics.position.labels(stream).set(state.progress.sequence)
        self._metrics.stopped.labels(stream).set(state.progress.stopped is not None)
        if state.lag is not None:
            self._metrics.lag.labels(stream).set(state.lag)

    def _trouble(self, state: StreamState, now: datetime) -> str | None:
        progress = state.progress
        if progress.stopped:
            return progress.stopped
        since = self._waits_since(state, now)
        if now - since > OVERDUE:
            return f"{progress.stream}: {state.lag} messages wait since {since:%H:%M:%S}"
        if progress.restarted_at and now - progress.restarted_at < MENTIONED:
            when = progress.restarted_at.isoformat(" ", "seconds")
            return f"{progress.stream}: NATS did not have what was in the log; compared and read on at {when}"
        return None

    def _waits_since(self, state: StreamState, now: datetime) -> datetime:
        """Now, if it does not wait."""
        stream, sequence = state.progress.stream, state.progress.sequence
        if not state.lag:
            self._waiting.pop(stream, None)
            return now
        at, since = self._waiting.get(stream, (sequence, now))
        self._waiting[stream] = (sequence, now if at != sequence else since)
        return self._waiting[stream][1]
