"""Gathers what compositions say soon after they were committed, so that the next read finds it done.

Of EHRs that somebody has read before: who uses EHRbase's own API alone pays for none of this. Nothing
depends on it: a read looks for itself. What is marked is in memory, each EHR once however often it
is marked, and waits in proportion to the work before it: a burst of commits in one EHR makes a few rounds.
"""

import asyncio
import heapq
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import structlog
from openward_contracts.clinical import CompositionPlaced
from openward_contracts.identifiers import EhrId
from openward_servicekit.errors import Unavailable, UpstreamTimeout

from clinical.service.live import Live
from clinical.service.recording import Recorder

_log = structlog.get_logger(__name__)

#: EHRs that wait; more are left to their next read.
MOST: Final = 100_000


@dataclass(frozen=True)
class Following:
    """Seconds: `soon` after the first mark, and `rest` times as long as the last EHR took, up to `longest`.

    Between two EHRs it rests as long as the first took. `pause`: while EHRbase is away.
    """

    soon: float = 0.2
    rest: float = 4.0
    longest: float = 10.0
    pause: float = 5.0


@dataclass
class Follower:
    recorder: Recorder
    pace: Following = field(default_factory=Following)
    _due: list[tuple[float, EhrId]] = field(default_factory=list)
    _marked: set[EhrId] = field(default_factory=set)
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _took: float = 0.0

    async def listen(self, live: Live) -> None:
        """For ever: what the stream tells from now on, which this process reads and decodes anyway."""
        async for _, notices in live.after(None, self.pace.longest):
            for notice in notices:
                if notice.kind == "composition" and notice.subject != CompositionPlaced.subject:
                    self.mark(notice.ehr_id)

    def mark(self, ehr_id: EhrId) -> None:
        """A version was committed in this EHR, or one removed."""
        if len(self._marked) < MOST:
            self._wait(ehr_id, self.pace.soon + min(self._took * self.pace.rest, self.pace.longest))

    async def run(self) -> None:
        """For ever."""
        while True:
            ehr_id = await self._next()
            started = monotonic()
            try:
                await self.recorder.follow(ehr_id)
            except (Unavailable, UpstreamTimeout) as error:
                _log.info("recording.waits", why=error.slug)
                self._wait(ehr_id, self.pace.pause)
                await asyncio.sleep(self.pace.pause)
                continue
            except Exception as error:  # noqa: BLE001  whatever it is, the next EHR is due
                _log.warning("recording.failed", ehr_id=str(ehr_id), why=type(error).__name__)
            self._took = monotonic() - started
            await asyncio.sleep(min(self._took, self.pace.longest))

    async def _next(self) -> EhrId:
        while not self._due:
            self._came.clear()
            await self._came.wait()
        due, ehr_id = heapq.heappop(self._due)
        await asyncio.sleep(max(0.0, due - monotonic()))
        self._marked.discard(ehr_id)
        return ehr_id

    def _wait(self, ehr_id: EhrId, seconds: float) -> None:
        if ehr_id not in self._marked:
            self._marked.add(ehr_id)
            heapq.heappush(self._due, (monotonic() + seconds, ehr_id))
            self._came.set()
