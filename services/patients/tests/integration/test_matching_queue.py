"""What the background takes its work from, without an app that would take it, too."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from openward_servicekit.prisma import connected, prisma_options, prisma_url
from patients.adapters.db import Prisma
from patients.adapters.matching.frequencies import PrismaNameCounts
from patients.adapters.matching.queue import PrismaQueue
from patients.domain.duplicates.judging import CandidateSearch
from patients.domain.duplicates.pairs import Found
from patients.domain.duplicates.runs import Queued


@pytest.fixture
async def db(settings: Any) -> AsyncIterator[Prisma]:
    url = prisma_url(
        settings.database_url, password=settings.database_password.get_secret_value(), pool_size=5
    )
    options = prisma_options(engine=settings.prisma_engine, client=settings.prisma_client, url=url)
    async with connected(Prisma(**options)) as client:
        yield client


@pytest.fixture
async def connection(settings: Any) -> AsyncIterator[asyncpg.Connection]:
    session = await asyncpg.connect(
        settings.database_url, password=settings.database_password.get_secret_value()
    )
    yield session
    await session.close()


async def test_what_waits_is_taken_once_and_kept_when_the_work_fails(
    db: Prisma, connection: asyncpg.Connection
) -> None:
    queue, taken = PrismaQueue(db), list[str]()
    meeting = asyncio.Barrier(2)
    ids = [uuid4() for _ in range(6)]
    await connection.executemany(
        "insert into match_queue (patient_id, origin) values ($1, 'update')", [(i,) for i in ids]
    )

    async def fails(queued: Sequence[Queued], _: CandidateSearch) -> Sequence[Found]:
        raise RuntimeError(len(queued))

    async def works(queued: Sequence[Queued], _: CandidateSearch) -> Sequence[Found]:
        taken.extend(str(one.patient_id) for one in queued)
        await meeting.wait()
        return ()

    with pytest.raises(RuntimeError, match="6"):
        await queue.work(6, fails)
    counts = await asyncio.gather(queue.work(3, works), queue.work(3, works))

    assert sum(counts) == 6
    assert sorted(taken) == sorted(map(str, ids))
    assert await connection.fetchval("select count(*) from match_queue") == 0


async def test_names_are_counted_where_they_are_found(db: Prisma, connection: asyncpg.Connection) -> None:
    family = uuid4().hex
    await connection.execute("insert into name_word (kind, word) values ('family', $1)", family)
    await connection.executemany(
        "insert into patient_name (family_key, given_key, patient_id) values ($1, 'ann', $2)",
        [(family, uuid4()) for _ in range(7)],
    )
    counts, after = PrismaNameCounts(db), ("", "")

    while (position := await counts.count(after)) is not None:
        after = position
    await counts.finish()

    counted = await connection.fetch("select kind, frequency from name_word where word in ($1, '')", family)
    assert {(row["kind"], row["frequency"]) for row in counted} == {("family", 7), ("all", 7)}
    assert not await counts.stale()
