"""The background of matching: it compares what waits, a little at a time, and counts names now and then."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from time import monotonic

import structlog
from openward_contracts.identifiers import PatientId
from openward_servicekit.errors import Failure
from openward_servicekit.tasks import running

from patients.domain.duplicates.judging import CandidateSearch
from patients.domain.duplicates.pairs import Found, found
from patients.domain.duplicates.runs import MatchQueue, NameCounts, Pace, Queued
from patients.service.duplicates import DuplicateSearch

log = structlog.get_logger(__name__)

_AT_ONCE = 10
#: Patients of a re-run that wait at a time.
_QUEUED_AT_ONCE = 200
#: For each second of work so many of rest: requests come first.
_REST = 2.0
_RESTS = {Pace.EAGER: _REST, Pace.GENTLE: 20.0}
_IDLE_SECONDS = 1.0
_BROKEN_SECONDS = 10.0
_COUNT_EVERY_SECONDS = 6 * 3600.0
#: How often somebody looks whether there are many new names: an import may just have brought them.
_COUNT_LOOK_SECONDS = 600.0


@dataclass(frozen=True)
class Rematching:
    """Any number of processes may run it at once."""

    queue: MatchQueue
    counts: NameCounts
    duplicates: DuplicateSearch

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Beside the block."""
        async with running(self.work(), "compare patients"), running(self.count(), "count names"):
            yield

    async def work(self) -> None:
        """Until it is cancelled. What fails is tried again."""
        while True:
            began = monotonic()
            try:
                pace = await self.step()
            except Exception as error:
                log.warning("matching rests", exc_info=not isinstance(error, Failure))
                await asyncio.sleep(_BROKEN_SECONDS)
                continue
            rest = _RESTS.get(pace)
            await asyncio.sleep((monotonic() - began) * rest if rest else _IDLE_SECONDS)

    async def step(self) -> Pace:
        """Compare a few patients; IDLE when there was nothing to do."""
        pace = await self.queue.pace()
        if pace is Pace.IDLE:
            return pace
        await self.duplicates.domains.current()  # before a connection is held
        compared = await self.queue.work(_AT_ONCE, self._compare)
        return pace if compared or await self.queue.advance(_QUEUED_AT_ONCE) else Pace.IDLE

    async def count(self) -> None:
        """When there are many new names, and every few hours, until it is cancelled."""
        due = monotonic() + _COUNT_EVERY_SECONDS
        while True:
            try:
                if monotonic() > due or await self.counts.stale():
                    await self.count_all()
                    due = monotonic() + _COUNT_EVERY_SECONDS
            except Exception as error:
                log.warning("names not counted", exc_info=not isinstance(error, Failure))
            await asyncio.sleep(_COUNT_LOOK_SECONDS)

    async def count_all(self) -> None:
        """Every name once, with pauses."""
        after: tuple[str, str] | None = ("", "")
        while after is not None:
            began = monotonic()
            after = await self.counts.count(after)
            await asyncio.sleep((monotonic() - began) * _REST)
        await self.counts.finish()

    async def _compare(self, queued: Sequence[Queued], candidates: CandidateSearch) -> Sequence[Found]:
        """The pairs of all of them, each once: two that wait may find each other."""
        duplicates = replace(self.duplicates, candidates=candidates)
        pairs: dict[tuple[PatientId, PatientId], Found] = {}
        for one in {each.patient_id: each for each in queued}.values():
            if one.record is not None:
                looked = await duplicates.look(one.record, one.patient_id)
                pairs |= {pair.ids: pair for pair in found(one.patient_id, looked.scored, one.origin)}
        return list(pairs.values())
