"""What is said of a composition's encounter, and what is wished: the newest holds, whoever comes last."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from asyncpg.pool import PoolConnectionProxy
from clinical.adapters.postgres_belongings import PostgresBelongings
from clinical.adapters.postgres_intents import PostgresIntents
from clinical.domain.belonging import Move, Placing, Step
from clinical.domain.intent import Intent, Kind
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, EncounterId, PatientId, VersionUid
from openward_testkit.databases import ServiceDatabase
from openward_testkit.plugin import DatabaseFactory

PATIENT, EHR = PatientId.new(), EhrId.new()
ADA = Actor("ada", "web", ("clinician",))
ROBOT = Actor("robot", "lab", ("clinician", "service"), on_behalf_of="eve", purpose="TREAT")
MIGRATION = "20261130000000_composition_encounter_steps/migration.sql"
_ENCOUNTER = """
insert into encounter (encounter_id, patient_id, ehr_id, class, status, started_at, sorted_at, recorded_by)
values ($1, $2, $3, 'AMB', 'in-progress', now(), now(), 'ada')
"""


class Composition:
    """One composition's versions as they are written into encounters."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool, self.id = pool, uuid4()
        self.kept = PostgresBelongings(pool, timedelta(0))

    def uid(self, version: int) -> VersionUid:
        return VersionUid.of(self.id, "openward.local", version)

    async def encounter(self) -> EncounterId:
        encounter_id = EncounterId.new()
        await self.pool.execute(_ENCOUNTER, encounter_id, PATIENT, EHR)
        return encounter_id

    async def wish(self, version: int, to: EncounterId, actor: Actor = ADA) -> None:
        wished = Intent(self.uid(version), EHR, Kind.UPDATE, actor, None, b"\0" * 32, to_encounter=to)
        await PostgresIntents(self.pool).claim(wished)

    async def say(self, version: int, to: EncounterId | None, leaving: EncounterId | None = None) -> bool:
        return await self.kept.say(Placing(self.uid(version), EHR, None, to, ADA), leaving)

    async def place(self) -> EncounterId | None:
        return (await self.kept.of([self.id], [PATIENT])).get(self.id)

    async def steps(self) -> list[Step]:
        return list(await self.kept.steps(self.id, [PATIENT]))

    async def way(self) -> list[tuple[EncounterId | None, EncounterId | None]]:
        """From where to where, each time, once it is shown that there is an event for each."""
        steps = await self.steps()
        assert [step.number for step in steps] == list(range(1, len(steps) + 1))
        way = [(step.left, step.entered) for step in steps]
        told = [(body.get("from_encounter_id"), body.get("encounter_id")) for body in await self.events()]
        assert told == [tuple(str(each) if each else None for each in both) for both in way]
        return way

    async def events(self) -> list[dict[str, Any]]:
        rows = await self.pool.fetch(
            "select payload from outbox_event where aggregate_id = $1 order by id", str(self.id)
        )
        return [json.loads(row["payload"]) for row in rows]

    async def settled(self) -> tuple[str, int] | None:
        """State and attempts once EHRbase was told."""
        async with self.kept.settling(self.id):
            pass
        asked = "select state, attempts from composition_encounter where object_id = $1"
        row = await self.pool.fetchrow(asked, self.id)
        return (row["state"], row["attempts"]) if row else None


class InOneTransaction:
    """Of a pool what PostgresBelongings uses: others see nothing before the transaction ends."""

    def __init__(self, connection: PoolConnectionProxy) -> None:
        self.connection = connection

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[PoolConnectionProxy]:
        yield self.connection


@pytest.fixture(scope="module")
async def clinical(database: DatabaseFactory) -> ServiceDatabase:
    return await database("clinical")


@pytest.fixture(scope="module")
async def pool(clinical: ServiceDatabase) -> AsyncIterator[asyncpg.Pool]:
    login = clinical.settings
    password = login["database_password"].get_secret_value()
    async with asyncpg.create_pool(login["database_url"], password=password, min_size=1, max_size=6) as pool:
        yield pool


@pytest.fixture
async def composition(pool: asyncpg.Pool) -> Composition:
    return Composition(pool)


async def test_an_older_wish_that_is_late_changes_nothing(composition: Composition) -> None:
    older, newer = await composition.encounter(), await composition.encounter()
    await composition.wish(2, older)
    await composition.wish(3, newer)
    async with composition.pool.acquire() as connection:
        async with connection.transaction():
            held: Any = InOneTransaction(connection)
            await PostgresBelongings(held).take(composition.uid(3))
            late = asyncio.create_task(composition.kept.take(composition.uid(2)))
            await asyncio.sleep(0.3)
        await late
    assert await composition.place() == newer


async def test_an_older_wish_that_was_sent_again_changes_nothing(composition: Composition) -> None:
    older, newer = await composition.encounter(), await composition.encounter()
    await composition.wish(3, newer)
    await composition.wish(2, older)
    await composition.kept.take(composition.uid(3))
    await composition.kept.take(composition.uid(2))
    assert await composition.place() == newer


async def test_what_is_said_leaves_the_wish_of_a_correction_under_way(composition: Composition) -> None:
    first, said, corrected = [await composition.encounter() for _ in range(3)]
    await composition.wish(2, first)
    await composition.wish(3, corrected)
    await composition.say(2, said)
    await composition.kept.take(composition.uid(2))
    assert await composition.place() == said
    await composition.kept.take(composition.uid(3))
    assert await composition.place() == corrected


async def test_many_at_once_end_with_the_newest(composition: Composition) -> None:
    visits = {version: await composition.encounter() for version in range(2, 8)}
    for version, visit in visits.items():
        await composition.wish(version, visit)
    await asyncio.gather(*(composition.kept.take(composition.uid(version)) for version in visits))
    assert await composition.place() == visits[7]


async def test_what_cannot_be_settled_is_due_later_and_later(pool: asyncpg.Pool) -> None:
    kept = PostgresBelongings(pool, timedelta(minutes=1))
    await pool.execute("delete from composition_encounter")
    compositions = [Composition(pool) for _ in range(3)]
    for composition in compositions:
        await composition.say(1, await composition.encounter())

    pauses = []
    for _ in range(9):
        await pool.execute("update composition_encounter set due_at = now()")
        assert [len(await kept.take_up(2)) for _ in range(3)] == [2, 1, 0]
        pauses.append(await pool.fetchval("select max(due_at) - now() from composition_encounter"))
    assert [round(pause.total_seconds() / 60) for pause in pauses] == [2, 4, 8, 16, 32, 60, 60, 60, 60]


async def test_what_was_not_told_well_is_looked_at_again(composition: Composition) -> None:
    first, second = await composition.encounter(), await composition.encounter()
    await composition.say(1, first)
    await composition.say(1, second)
    assert await composition.settled() == ("pending", 0)
    await composition.pool.execute(
        "update composition_encounter set quiet_at = now() where object_id = $1", composition.id
    )
    assert await composition.settled() == ("done", 0)
    await composition.say(1, first)
    assert await composition.settled() == ("done", 0)


async def test_what_was_taken_out_is_looked_at_again_before_it_is_forgotten(composition: Composition) -> None:
    await composition.say(1, await composition.encounter())
    await composition.say(1, None)
    assert await composition.settled() == ("pending", 0)
    await composition.pool.execute(
        "update composition_encounter set quiet_at = now() where object_id = $1", composition.id
    )
    assert await composition.settled() is None


async def test_every_change_has_its_step_and_its_event_and_the_same_again_has_none(
    composition: Composition,
) -> None:
    one, other = await composition.encounter(), await composition.encounter()
    for to in (None, one, one, other, None, None, one):
        await composition.say(3, to)
    assert await composition.way() == [(None, one), (one, other), (other, None), (None, one)]
    steps = await composition.steps()
    assert [step.change for step in steps] == [
        Move.PUT_IN,
        Move.MOVED,
        Move.TAKEN_OUT,
        Move.PUT_IN,
    ]
    assert {(step.version, step.actor) for step in steps} == {(3, ADA)}
    assert await composition.kept.moved_at([composition.id, uuid4()]) == {
        composition.id: steps[-1].recorded_at
    }


async def test_a_wish_is_its_author_s_whoever_makes_it_come_true(composition: Composition) -> None:
    visit = await composition.encounter()
    await composition.wish(2, visit, ROBOT)
    await composition.pool.execute(
        "update write_intent set request_id = 'req-7', template_id = 'labs' where object_id = $1",
        composition.id,
    )
    for _ in range(2):
        await composition.kept.take(composition.uid(2))
    await composition.wish(3, visit)
    await composition.kept.take(composition.uid(3))

    assert await composition.way() == [(None, visit)]
    [step] = await composition.steps()
    assert (step.version, step.actor) == (2, ROBOT)
    headers = json.loads(
        await composition.pool.fetchval(
            "select headers from outbox_event where aggregate_id = $1", str(composition.id)
        )
    )
    assert (headers["ce-authid"], headers["ce-correlationid"]) == ("robot", "req-7")
    [event] = await composition.events()
    assert event["version_uid"] == composition.uid(2)
    assert event["template_id"] == "labs"


async def test_steps_follow_each_other_however_many_come_at_once(composition: Composition) -> None:
    visits = [await composition.encounter() for _ in range(4)]
    for version, visit in enumerate(visits, start=2):
        await composition.wish(version, visit)
    await asyncio.gather(
        *(composition.say(1, to) for to in (*visits, None, *visits[::-1])),
        *(composition.kept.take(composition.uid(version)) for version in range(2, 6)),
    )
    way = await composition.way()
    assert [left for left, _ in way] == [None, *(entered for _, entered in way[:-1])]
    assert way[-1][1] == await composition.place()
    times = [step.recorded_at for step in await composition.steps()]
    assert times == sorted(times)


async def test_a_crash_leaves_all_of_a_change_or_nothing(composition: Composition) -> None:
    visit = await composition.encounter()

    async def crashing() -> None:
        async with composition.pool.acquire() as connection, connection.transaction():
            held: Any = InOneTransaction(connection)
            await PostgresBelongings(held).say(Placing(composition.uid(1), EHR, None, visit, ADA))
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await crashing()
    assert (await composition.place(), await composition.way()) == (None, [])


async def test_it_is_not_taken_out_of_where_it_is_no_more(composition: Composition) -> None:
    one, other = await composition.encounter(), await composition.encounter()
    await composition.say(1, one)
    await composition.wish(1, other)
    assert not await composition.say(1, None, leaving=other)
    assert await composition.place() == one
    taken = await asyncio.gather(*(composition.say(1, None, leaving=one) for _ in range(3)))
    assert sorted(taken) == [False, False, True]
    assert await composition.way() == [(None, one), (one, None)]


async def test_what_was_erased_keeps_its_steps_and_what_comes_back_counts_on(
    composition: Composition,
) -> None:
    visit = await composition.encounter()
    await composition.say(1, visit)
    await composition.kept.forget(composition.id)
    await composition.say(1, visit)
    assert await composition.way() == [(None, visit), (None, visit)]
    ids = await composition.pool.fetch(
        "select distinct event_id from outbox_event where aggregate_id = $1", str(composition.id)
    )
    assert len(ids) == 2


async def test_encounters_of_others_are_not_named(composition: Composition) -> None:
    one, other = await composition.encounter(), await composition.encounter()
    await composition.say(1, one)
    await composition.say(1, other)
    steps = await composition.kept.steps(composition.id, [PatientId.new()])
    assert [(step.change, step.left, step.entered) for step in steps] == [
        (Move.PUT_IN, None, None),
        (Move.MOVED, None, None),
    ]


@pytest.mark.parametrize("statement", ["update {} set step = 9", "delete from {}", "truncate {}"])
async def test_nothing_of_the_steps_can_be_changed(pool: asyncpg.Pool, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement.format("composition_encounter_step"))


async def test_what_was_said_before_steps_were_kept_is_the_first(
    composition: Composition, clinical: ServiceDatabase
) -> None:
    visit, leaving = await composition.encounter(), Composition(composition.pool)
    await composition.say(4, visit)
    await leaving.say(1, visit)
    await leaving.say(1, None)
    migration = Path(__file__).parents[2] / "prisma" / "migrations" / MIGRATION
    admin = await asyncpg.connect(clinical.admin_url)
    async with admin.transaction():
        await admin.execute("drop table composition_encounter_step")
        await admin.execute(migration.read_text())
    await admin.close()

    at = await composition.pool.fetchval(
        "select recorded_at from composition_encounter where object_id = $1", composition.id
    )
    assert await composition.steps() == [Step(1, Move.PUT_IN, 4, None, visit, Actor("ada", "", ()), at)]
    assert [step.change for step in await leaving.steps()] == [Move.TAKEN_OUT]
    await composition.say(4, None)
    assert [step.number for step in await composition.steps()] == [1, 2]
