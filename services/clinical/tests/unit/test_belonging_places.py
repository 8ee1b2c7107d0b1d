"""While EHRbase is slow to be told of encounters, the database's connections are left to others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

from clinical.domain.belonging import Belonging
from clinical.domain.composition import Head
from clinical.service.belonging import BelongingService
from openward_contracts.identifiers import EhrId, EncounterId, VersionUid

VISIT = EncounterId.new()


@dataclass
class Connections:
    """The Belongings port: what is held at once, and what was settled."""

    held: int = 0
    most: int = 0
    settled: list[UUID] = field(default_factory=list)

    async def take(self, uid: VersionUid) -> None: ...

    @asynccontextmanager
    async def settling(self, object_id: UUID) -> AsyncIterator[Belonging]:
        self.held += 1
        self.most = max(self.most, self.held)
        try:
            yield Belonging(object_id, EhrId.new(), VISIT, 1, "ada", datetime.now(UTC))
            self.settled.append(object_id)
        finally:
            self.held -= 1


class SlowTags:
    async def put(self, _ehr_id: EhrId, _object_id: UUID, _encounter_id: EncounterId | None) -> None:
        await asyncio.sleep(0.01)


class AllThere:
    async def head(self, _object_id: UUID) -> Head:
        return Head(EhrId.new(), None, 1, deleted=False)


async def test_few_hold_a_connection_while_ehrbase_is_told_and_all_are_told() -> None:
    connections = Connections()
    unused: Any = None
    heads = cast("Any", AllThere())
    service = BelongingService(cast("Any", connections), SlowTags(), unused, heads, unused, unused, "local")
    uids = [VersionUid.of(uuid4(), "openward.local", 1) for _ in range(8)]
    await asyncio.gather(*map(service.take, uids))

    assert connections.most == 2
    assert sorted(connections.settled) == sorted(uid.object_id for uid in uids)
