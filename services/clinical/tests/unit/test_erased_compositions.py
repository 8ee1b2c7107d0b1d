"""What was erased belongs nowhere, and EHRbase, which would keep a tag of it, is told of none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from clinical.domain.belonging import Belonging, Wish
from clinical.domain.composition import Head
from clinical.domain.intent import Kind
from clinical.service.belonging import BelongingService
from openward_contracts.identifiers import EhrId, EncounterId, VersionUid


class House:
    """What is kept here, and EHRbase: it takes any tag."""

    def __init__(self, head: Head | None) -> None:
        self.found, self.id = head, uuid4()
        said = Belonging(self.id, EhrId.new(), EncounterId.new(), 1, "ada", datetime.now(UTC))
        self.kept, self.tagged = {self.id: said}, list[UUID]()
        self.wished: list[Wish] = []
        self.taken: list[VersionUid] = []
        self.dropped: list[VersionUid] = []

    async def head(self, _: UUID) -> Head | None:
        return self.found

    async def put(self, _: EhrId, object_id: UUID, __: EncounterId | None) -> None:
        self.tagged.append(object_id)

    async def take_up(self, _: int) -> list[UUID]:
        return list(self.kept)

    async def wishes(self, _: int) -> list[Wish]:
        return self.wished

    async def take(self, uid: VersionUid) -> None:
        self.taken.append(uid)

    async def drop(self, uid: VersionUid) -> None:
        self.dropped.append(uid)

    @asynccontextmanager
    async def settling(self, object_id: UUID) -> AsyncIterator[Belonging | None]:
        yield self.kept.get(object_id)

    async def forget(self, object_id: UUID) -> None:
        del self.kept[object_id]


@pytest.mark.parametrize("erased", [True, False])
async def test_what_is_erased_belongs_nowhere(*, erased: bool) -> None:
    head = None if erased else Head(EhrId.new(), None, 1, deleted=False)
    house: Any = House(head)
    await BelongingService(house, house, house, house, house, house, "local").repair()
    assert (list(house.kept), house.tagged) == (([], []) if erased else ([house.id], [house.id]))


@pytest.mark.parametrize("erased", [True, False])
async def test_no_wish_of_what_is_erased_comes_true(*, erased: bool) -> None:
    house: Any = House(None if erased else Head(EhrId.new(), None, 1, deleted=False))
    uid = VersionUid.of(house.id, "local", 1)
    house.wished = [Wish(uid, EhrId.new(), Kind.CREATE, committed=True)]
    await BelongingService(house, house, house, house, house, house, "local").repair()
    assert (house.taken, house.dropped) == (([], [uid]) if erased else ([uid], []))
