"""What is kept is compared before each read, and gathered once for all who wait."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import pytest
from clinical.domain.extraction import EDITION, NO_EDITION, Extracted
from clinical.domain.recorded import (
    Change,
    Content,
    Haste,
    Identity,
    KeptVersion,
    RecordBehind,
    VersionKey,
    Versions,
)
from clinical.service.gathering_up import Gatherer
from clinical.service.recording import Recorder
from openward_contracts.identifiers import EhrId, VersionUid

NOON: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
EHR_ID: Final = EhrId.new()


@dataclass
class MemoryEhrbase:
    """The VersionLists and Contents ports: so many compositions, each given out after `seconds`."""

    count: int
    seconds: float = 0.0
    asked: list[VersionUid] = field(default_factory=list)

    async def fingerprints(self, ehr_ids: Collection[EhrId]) -> Mapping[EhrId, str]:
        return dict.fromkeys(ehr_ids, f"{self.count}:0")

    async def versions(self, _ehr_id: EhrId) -> tuple[str, Versions]:
        version = KeptVersion(Identity(None, NOON, deleted=False), None)
        return f"{self.count}:0", {VersionKey(UUID(int=n), 1): version for n in range(self.count)}

    async def latest(
        self, _ehr_id: EhrId, uids: Sequence[VersionUid], _haste: Haste
    ) -> Mapping[VersionUid, Content]:
        self.asked += uids
        await asyncio.sleep(self.seconds)
        return {uid: {"_type": "COMPOSITION"} for uid in uids}

    async def one(self, _ehr_id: EhrId, uid: VersionUid, _haste: Haste) -> Content:
        raise AssertionError(uid)


@dataclass
class MemoryKept:
    """The Kept and Keeping ports, of one EHR."""

    stored: str | None = None
    kept: dict[VersionKey, KeptVersion] = field(default_factory=dict)
    unfinished: str = f"{EDITION}:"
    sizes: list[int] = field(default_factory=list)
    dies: bool = False

    async def fingerprints(self, ehr_ids: Collection[EhrId]) -> Mapping[EhrId, str]:
        return {ehr_id: self.stored for ehr_id in ehr_ids if self.stored}

    @asynccontextmanager
    async def alone(self, _ehr_id: EhrId) -> AsyncIterator[Any]:
        self.unfinished = f"{EDITION}:"
        yield self

    async def fingerprint(self) -> str | None:
        return self.stored

    async def versions(self) -> Versions:
        return dict(self.kept)

    async def doubt(self) -> None:
        self.stored = self.unfinished = f"{NO_EDITION}:"

    async def change(self, change: Change, _read: Mapping[VersionKey, Extracted]) -> None:
        if self.dies:
            raise ConnectionError
        self.stored = self.unfinished
        self.kept = {key: each for key, each in self.kept.items() if key not in change.gone} | dict(
            change.new
        )
        self.sizes.append(len(self.kept))

    async def finish(self, fingerprint: str) -> None:
        self.stored = fingerprint


def recorder(ehrbase: MemoryEhrbase, kept: MemoryKept, patience: float = 10) -> Recorder:
    return Recorder(ehrbase, kept, Gatherer(ehrbase, "openward.local", page=2), patience)


async def test_of_what_is_kept_nothing_is_fetched_again() -> None:
    ehrbase, kept = MemoryEhrbase(3), MemoryKept()
    await recorder(ehrbase, kept).up_to_date([EHR_ID, EHR_ID])
    await recorder(ehrbase, kept).up_to_date([EHR_ID])
    ehrbase.count = 5
    await recorder(ehrbase, kept).up_to_date([EHR_ID])

    assert len(kept.kept) == len(ehrbase.asked) == len(set(ehrbase.asked)) == 5


async def test_who_asks_together_waits_for_one_gathering() -> None:
    ehrbase, kept = MemoryEhrbase(4, seconds=0.01), MemoryKept()
    shared = recorder(ehrbase, kept)
    await asyncio.gather(*(shared.up_to_date([EHR_ID]) for _ in range(20)))

    assert len(ehrbase.asked) == 4


async def test_what_takes_too_long_goes_on_without_who_asked() -> None:
    ehrbase, kept = MemoryEhrbase(4, seconds=0.2), MemoryKept()
    impatient = recorder(ehrbase, kept, patience=0.05)
    with pytest.raises(RecordBehind) as told:
        await impatient.up_to_date([EHR_ID])
    impatient_no_more = recorder(ehrbase, kept)
    while impatient._rounds:
        await asyncio.sleep(0.01)
    await impatient_no_more.up_to_date([EHR_ID])

    assert told.value.retry_after
    assert len(kept.kept) == len(ehrbase.asked) == 4


async def test_what_is_committed_while_others_are_waited_for_is_not_missed() -> None:
    ehrbase, kept = MemoryEhrbase(2, seconds=0.05), MemoryKept()
    shared = recorder(ehrbase, kept)
    earlier = asyncio.create_task(shared.up_to_date([EHR_ID]))
    while not ehrbase.asked:
        await asyncio.sleep(0)
    ehrbase.count = 3
    await shared.up_to_date([EHR_ID])

    assert len(kept.kept) == 3
    await earlier


async def test_of_an_erasure_nothing_is_gathered_that_was_not_kept() -> None:
    ehrbase, kept = MemoryEhrbase(3), MemoryKept()
    await recorder(ehrbase, kept).forget_erased(EHR_ID)
    assert ehrbase.asked == []

    await recorder(ehrbase, kept).up_to_date([EHR_ID])
    ehrbase.count = 2
    await recorder(ehrbase, kept).forget_erased(EHR_ID)
    assert len(kept.kept) == 2


async def test_at_the_end_nothing_is_gathered_any_more() -> None:
    ehrbase, kept = MemoryEhrbase(2, seconds=60), MemoryKept()
    shared = recorder(ehrbase, kept)
    reader = asyncio.create_task(shared.up_to_date([EHR_ID]))
    while not ehrbase.asked:
        await asyncio.sleep(0)
    await shared.close()

    with pytest.raises(asyncio.CancelledError):
        await reader
    assert kept.kept == {}


async def kept_by(edition: int, count: int) -> MemoryKept:
    kept = MemoryKept()
    await recorder(MemoryEhrbase(count), kept).up_to_date([EHR_ID])
    kept.stored = f"{edition}:{count}:0"
    kept.sizes.clear()
    return kept


async def test_what_was_read_otherwise_is_read_again_and_never_missing() -> None:
    ehrbase, kept = MemoryEhrbase(5), await kept_by(EDITION - 1, 5)
    await recorder(ehrbase, kept).up_to_date([EHR_ID])

    assert len(ehrbase.asked) == 5
    assert set(kept.sizes) == {5}
    assert kept.stored == f"{EDITION}:5:0"


async def test_what_is_read_again_by_half_is_read_again_as_a_whole() -> None:
    ehrbase, kept = MemoryEhrbase(5, seconds=0.02), await kept_by(EDITION - 1, 5)
    reading = asyncio.create_task(recorder(ehrbase, kept).up_to_date([EHR_ID]))
    while not kept.sizes:
        await asyncio.sleep(0)
    kept.dies = True
    with pytest.raises(ConnectionError):
        await reading
    kept.dies = False
    ehrbase.asked.clear()
    await recorder(ehrbase, kept).up_to_date([EHR_ID])

    assert len(ehrbase.asked) == 5


async def test_a_later_edition_is_read_as_it_is() -> None:
    ehrbase, kept = MemoryEhrbase(5), await kept_by(EDITION + 1, 5)
    await recorder(ehrbase, kept).up_to_date([EHR_ID])

    assert ehrbase.asked == []
    assert kept.stored == f"{EDITION + 1}:5:0"


async def test_of_a_later_edition_only_what_is_new_is_read_and_left_to_it_to_read_again() -> None:
    ehrbase, kept = MemoryEhrbase(6), await kept_by(EDITION + 1, 5)
    await recorder(ehrbase, kept).up_to_date([EHR_ID])

    assert len(ehrbase.asked) == 1
    assert kept.stored == f"{EDITION}:6:0"
