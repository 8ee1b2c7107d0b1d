"""What compositions say, kept as EHRbase has it now: checked before each read, gathered if it is behind."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from openward_contracts.identifiers import EhrId

from clinical.domain.differences import Difference
from clinical.domain.extraction import EDITION, NO_EDITION
from clinical.domain.recorded import Haste, Kept, RecordBehind, VersionLists
from clinical.service.gathering_up import Gatherer

#: Seconds that a read waits; then it is told to come again, and the gathering goes on.
PATIENCE: Final = 20.0
#: EHRs that are gathered at once for those who wait.
AT_ONCE: Final = 3


@dataclass(frozen=True, slots=True)
class _Round:
    task: asyncio.Task[None]
    haste: Haste


@dataclass(frozen=True)
class Recorder:
    """`patience`: seconds."""

    lists: VersionLists
    kept: Kept
    gatherer: Gatherer
    patience: float = PATIENCE
    _rounds: dict[EhrId, _Round] = field(default_factory=dict)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def up_to_date(self, ehr_ids: Collection[EhrId]) -> None:
        """What is kept of these EHRs holds all that was committed before this was called.

        EHRbase is asked only for what is not kept yet; whether there is any, its database is. Raises
        Unavailable, UpstreamTimeout or UpstreamBroken where that cannot be had, RecordBehind after 20 s.
        """
        behind = await self._behind(list(dict.fromkeys(ehr_ids)))
        if not behind:
            return
        try:
            async with asyncio.timeout(self.patience):
                await asyncio.gather(*map(self._awaited, behind))
        except TimeoutError:
            raise RecordBehind from None

    async def forget_erased(self, ehr_id: EhrId) -> None:
        """What was removed for good from this EHR is kept no more; of an EHR not kept nothing is gathered."""
        if await self.kept.fingerprints([ehr_id]):
            await self.up_to_date([ehr_id])

    async def follow(self, ehr_id: EhrId) -> None:
        """The same for one EHR where nobody waits: it takes no place from those who do.

        Nothing is gathered of one of which nobody has ever asked.
        """
        if not (kept := await self.kept.fingerprints([ehr_id])):
            return
        now = await self.lists.fingerprints([ehr_id])
        if not _is_kept(now[ehr_id], kept[ehr_id]):
            await asyncio.shield(self._round(ehr_id, awaited=False).task)

    async def close(self) -> None:
        """Nothing is gathered any more when this returns."""
        tasks = [each.task for each in self._rounds.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _behind(self, ehr_ids: Sequence[EhrId]) -> Sequence[EhrId]:
        now, kept = await asyncio.gather(self.lists.fingerprints(ehr_ids), self.kept.fingerprints(ehr_ids))
        return [ehr_id for ehr_id in ehr_ids if not _is_kept(now[ehr_id], kept.get(ehr_id))]

    async def _awaited(self, ehr_id: EhrId) -> None:
        """A round under way may have begun before what is asked for was committed; one after it has not."""
        if under_way := self._rounds.get(ehr_id):
            under_way.haste.hurry()
            await asyncio.wait([under_way.task])
            if not await self._behind([ehr_id]):
                return
        await asyncio.shield(self._round(ehr_id, awaited=True).task)

    def _round(self, ehr_id: EhrId, *, awaited: bool) -> _Round:
        """The one under way, or a new one; it goes on when those who wait for it go away."""
        if ehr_id not in self._rounds:
            haste = Haste(awaited=awaited)
            task = asyncio.create_task(self._synchronise(ehr_id, haste), name="recording")
            self._rounds[ehr_id] = _Round(task, haste)
            task.add_done_callback(lambda done: self._ended(ehr_id, done))
        elif awaited:
            self._rounds[ehr_id].haste.hurry()
        return self._rounds[ehr_id]

    def _ended(self, ehr_id: EhrId, task: asyncio.Task[None]) -> None:
        del self._rounds[ehr_id]
        if not task.cancelled():
            task.exception()  # whoever waits is told; that nobody does is nothing to warn of

    async def _synchronise(self, ehr_id: EhrId, haste: Haste) -> None:
        if not haste.awaited:
            await self._follow_alone(ehr_id, haste)
            return
        async with self._places:
            await self._follow_alone(ehr_id, haste)

    async def _follow_alone(self, ehr_id: EhrId, haste: Haste) -> None:
        async with self.kept.alone(ehr_id) as keeping:
            fingerprint, now = await self.lists.versions(ehr_id)
            known = await keeping.fingerprint()
            if _is_kept(fingerprint, known):
                return
            kept = await keeping.versions()
            if afresh := bool(kept) and _edition(known) < EDITION:
                await keeping.doubt()
            await self.gatherer.gather(ehr_id, keeping, Difference(kept, now, afresh), haste)
            await keeping.finish(f"{EDITION}:{fingerprint}")


def _is_kept(fingerprint: str, known: str | None) -> bool:
    """By this edition, or by a later one, of which nothing is read again the old way."""
    return known is not None and _edition(known) >= EDITION and known.partition(":")[2] == fingerprint


def _edition(known: str | None) -> int:
    return int(known.partition(":")[0]) if known else NO_EDITION
