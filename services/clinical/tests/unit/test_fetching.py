"""However large or slow compositions are, they are read: fewer at once, and one by one in the end."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest
from clinical.domain.recorded import Content, ContentsTooLarge, Haste, Identity, KeptVersion, VersionKey
from clinical.service.fetching import Fetcher
from openward_contracts.identifiers import EhrId, VersionUid
from openward_servicekit.errors import Failure, UpstreamTimeout

EHR_ID: Final = EhrId.new()
NOON: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
IDENTITY: Final = Identity(None, NOON, deleted=False)
VISIT: Final = {"_type": "COMPOSITION", "name": {"value": "Visit"}}


@dataclass
class Heavy:
    """The Contents port: gives out pages that weigh `most` at most, and one whatever it weighs."""

    weights: Mapping[int, int]
    most: int
    refusal: Failure = field(default_factory=ContentsTooLarge)
    pages: list[int] = field(default_factory=list)
    singles: list[int] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0

    async def latest(
        self, _ehr_id: EhrId, uids: Sequence[VersionUid], _haste: Haste
    ) -> Mapping[VersionUid, Content]:
        if sum(self.weights[uid.object_id.int] for uid in uids) > self.most:
            raise self.refusal
        self.pages.append(len(uids))
        return dict.fromkeys(uids, VISIT)

    async def one(self, _ehr_id: EhrId, uid: VersionUid, _haste: Haste) -> Content:
        self.singles.append(uid.object_id.int)
        self.under_way += 1
        self.most_under_way = max(self.under_way, self.most_under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        return VISIT


def versions(count: int) -> dict[VersionKey, KeptVersion]:
    return {VersionKey(UUID(int=number), 1): KeptVersion(IDENTITY, None) for number in range(count)}


@pytest.mark.parametrize("refusal", [ContentsTooLarge(), UpstreamTimeout()], ids=["large", "slow"])
async def test_of_large_compositions_fewer_are_asked_for_at_once(refusal: Failure) -> None:
    heavy = Heavy(dict.fromkeys(range(50), 1), most=7, refusal=refusal)
    read = await Fetcher(heavy, "openward.local").read(EHR_ID, versions(50), Haste(awaited=True))

    assert read.keys() == versions(50).keys()
    assert sum(heavy.pages) == 50
    assert max(heavy.pages) > 1
    assert heavy.singles == []


async def test_one_that_is_too_large_for_any_page_is_asked_for_alone() -> None:
    heavy = Heavy({number: 100 if number == 3 else 1 for number in range(8)}, most=10)
    read = await Fetcher(heavy, "openward.local").read(EHR_ID, versions(8), Haste(awaited=True))

    assert len(read) == 8
    assert heavy.singles == [3]


async def test_former_versions_are_asked_for_one_by_one() -> None:
    former = {VersionKey(UUID(int=9), 1): KeptVersion(IDENTITY, NOON + timedelta(hours=1))}
    heavy = Heavy(dict.fromkeys(range(10), 1), most=10)
    read = await Fetcher(heavy, "openward.local").read(EHR_ID, versions(2) | former, Haste(awaited=True))

    assert len(read) == 3
    assert (heavy.pages, heavy.singles) == ([2], [9])


@pytest.mark.parametrize(("weight", "at_once"), [(1, 3), (100, 1)])
async def test_versions_of_what_is_large_are_asked_for_alone(weight: int, at_once: int) -> None:
    heavy = Heavy({1: weight}, most=10)
    former = {VersionKey(UUID(int=1), number): KeptVersion(IDENTITY, NOON) for number in range(1, 7)}
    latest = {VersionKey(UUID(int=1), 7): KeptVersion(IDENTITY, None)}
    read = await Fetcher(heavy, "openward.local").read(EHR_ID, former | latest, Haste(awaited=True))

    assert len(read) == 7
    assert heavy.most_under_way == at_once


class Hanging(Heavy):
    async def one(self, _ehr_id: EhrId, _uid: VersionUid, _haste: Haste) -> Content:
        raise self.refusal


async def test_an_ehrbase_that_hangs_is_not_the_compositions_fault() -> None:
    hanging = Hanging(dict.fromkeys(range(4), 1), most=0, refusal=UpstreamTimeout())
    with pytest.raises(UpstreamTimeout):
        await Fetcher(hanging, "openward.local").read(EHR_ID, versions(4), Haste(awaited=True))
