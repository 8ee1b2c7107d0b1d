"""Imports that break in the middle: whatever is killed when, nothing is lost and nothing is there twice."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psutil
import pytest
from openward_contracts.actor import Actor
from openward_testkit.plugin import DatabaseFactory
from patients.adapters.imports.postgres import PostgresImports
from patients.domain.identifier_domain import Domains
from patients.domain.imports import splitting
from patients.domain.imports.errors import ImportClosed, ImportInUse
from patients.domain.imports.job import Format, ImportSettings, State
from patients.service.imports import ImportService

IMPORTER = Actor("importer-1", "web", ("admin",))
FHIR = ImportSettings(format=Format.NDJSON)
LINES = 8_000
"""Four chunks."""


class Caller:
    sub = IMPORTER.sub

    def actor(self) -> Actor:
        return IMPORTER


class Everything:
    """An authorizer of tests."""

    async def authorize(self, *_: Any, **__: Any) -> None:
        return


class NoDomains:
    async def current(self) -> Domains:
        return Domains()


@pytest.fixture
async def importing(database: DatabaseFactory, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A service on a database of its own, with chunks small enough for many."""
    monkeypatch.setattr(splitting, "LINES", 2_000)
    own = (await database("patients")).settings
    url, password = own["database_url"], own["database_password"].get_secret_value()
    async with asyncpg.create_pool(url, password=password, min_size=1, max_size=6) as pool:
        yield Importing(pool)


class Importing:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        imports = PostgresImports(pool, NoDomains(), None)  # type: ignore[arg-type]  # of the port it needs this
        self.service = ImportService(imports, Everything())  # type: ignore[arg-type]  # the same

    async def start(self) -> UUID:
        return (await self.service.start(Caller(), FHIR, None)).id  # type: ignore[arg-type]  # the same

    async def receive(self, import_id: UUID, body: AsyncIterator[bytes], first: int = 1) -> Any:
        return await self.service.receive(Caller(), import_id, first, body)  # type: ignore[arg-type]  # the same

    async def lines(self, import_id: UUID) -> int:
        return (await self.service.imports.get(import_id)).lines

    async def counts(self) -> dict[str, int]:
        tables = (
            "patient",
            "patient_name",
            "patient_key",
            "patient_identifier",
            "outbox_event",
            "match_queue",
        )
        return {table: await self.pool.fetchval(f"select count(*) from {table}") for table in tables}


def line(number: int) -> bytes:
    person = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:example:hospital", "value": f"H-{number:06}"}],
        "name": [{"family": f"Family{number % 500:03}", "given": [f"Given{number % 37:02}", "Second"]}],
        "telecom": [{"system": "phone", "value": f"+1212555{number % 10_000:04}"}],
        "birthDate": f"{1930 + number % 90}-01-{1 + number % 28:02}",
    }
    return json.dumps(person).encode() + b"\n"


async def file(first: int = 1, last: int = LINES, *, breaks_at: int | None = None) -> AsyncIterator[bytes]:
    """In blocks that end anywhere in a line."""
    text = b"".join(line(number) for number in range(first, last + 1))
    size = 65_521
    for start in range(0, len(text), size):
        if breaks_at is not None and start > breaks_at:
            raise ConnectionResetError
        yield text[start : start + size]


def once(count: int) -> dict[str, int]:
    return {
        "patient": count,
        "patient_name": 2 * count,
        "patient_key": count,
        "patient_identifier": count,
        "outbox_event": count,
        "match_queue": count,
    }


async def test_twenty_thousand_lines_are_registered_and_announced_once(importing: Importing) -> None:
    job = await importing.receive(await importing.start(), file(1, 20_000))

    assert (job.lines, job.registered, job.known, job.refused) == (20_000, 20_000, 0, 0)
    assert await importing.counts() == once(20_000)
    assert await importing.pool.fetchval("select count(distinct mrn) from patient") == 20_000
    announced = await importing.pool.fetchval(
        "select count(*) from outbox_event e join patient p on p.id::text = e.aggregate_id"
        " and convert_from(e.payload, 'UTF8')::jsonb"
        " = jsonb_build_object('patient_id', p.id, 'ehr_id', p.ehr_id, 'version', 1)"
        " where headers ->> 'ce-authid' = 'importer-1' and headers ->> 'ce-correlationid' = $1",
        str(job.id),
    )
    assert announced == 20_000


async def test_a_broken_connection_keeps_whole_chunks_and_is_gone_on_with(importing: Importing) -> None:
    import_id = await importing.start()

    with pytest.raises(ConnectionResetError):
        await importing.receive(import_id, file(breaks_at=1_000_000))
    settled = await importing.lines(import_id)
    job = await importing.receive(import_id, file(settled + 1), settled + 1)

    assert 0 < settled < LINES
    assert settled % 2_000 == 0
    assert job.lines == LINES
    assert await importing.counts() == once(LINES)


@pytest.mark.parametrize("moment", range(4))
async def test_a_lost_database_session_in_any_chunk_doubles_nothing(
    importing: Importing, moment: int
) -> None:
    import_id = await importing.start()
    sending = asyncio.create_task(importing.receive(import_id, file()))
    await until(importing, import_id, 2_000 * moment)

    await importing.pool.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
        " and pid in (select pid from pg_locks where locktype = 'advisory')"
    )
    with contextlib.suppress(Exception):
        await sending
    while await _locked(importing):  # the session is told of its end before its locks are gone
        await asyncio.sleep(0.01)
    job = await importing.receive(import_id, file())

    assert (job.lines, job.registered, job.known) == (LINES, LINES, 0)
    assert await importing.counts() == once(LINES)


async def until(importing: Importing, import_id: UUID, lines: int) -> None:
    """So many are settled, and somebody is sending more."""
    async with asyncio.timeout(60):
        while not (await importing.lines(import_id) >= lines and await _locked(importing)):
            await asyncio.sleep(0.01)


async def test_a_cancelled_request_frees_the_import_at_once(importing: Importing) -> None:
    import_id = await importing.start()
    sending = asyncio.create_task(importing.receive(import_id, file()))
    await until(importing, import_id, 2_000)

    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    job = await importing.receive(import_id, file())

    assert job.lines == LINES
    assert await importing.counts() == once(LINES)


async def test_a_killed_reader_of_lines_loses_nothing(importing: Importing) -> None:
    import_id = await importing.start()
    sending = asyncio.create_task(importing.receive(import_id, file()))
    await until(importing, import_id, 2_000)

    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):  # another, which has just ended
            if "patients.adapters.imports.worker" in child.cmdline():
                child.kill()
    with contextlib.suppress(Exception):
        await sending
    await importing.receive(import_id, file())

    assert await importing.counts() == once(LINES)


async def test_of_two_senders_one_is_refused_until_the_other_has_gone(importing: Importing) -> None:
    import_id, gate = await importing.start(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield line(1)
        await gate.wait()
        yield line(2)

    first = asyncio.create_task(importing.receive(import_id, slow()))
    await until(importing, import_id, 0)
    with pytest.raises(ImportInUse):
        await importing.receive(import_id, file(1, 3))
    with pytest.raises(ImportInUse):
        await importing.service.complete(Caller(), import_id, None)  # type: ignore[arg-type]  # as above
    gate.set()
    await first
    job = await importing.receive(import_id, file(1, 3))

    assert (job.lines, job.registered) == (3, 3)


async def _locked(importing: Importing) -> bool:
    query = (
        "select exists (select from pg_locks where locktype = 'advisory' and database ="
        " (select oid from pg_database where datname = current_database()))"
    )
    return bool(await importing.pool.fetchval(query))


async def test_a_cancelled_import_stops_its_sender(importing: Importing) -> None:
    import_id = await importing.start()
    sending = asyncio.create_task(importing.receive(import_id, file()))
    await until(importing, import_id, 2_000)

    job = await importing.service.cancel(Caller(), import_id)  # type: ignore[arg-type]  # as above
    with pytest.raises(ImportClosed):
        await sending

    assert job.state is State.CANCELLED
    assert (await importing.counts())["patient"] == await importing.lines(import_id) == job.lines


async def test_two_imports_of_the_same_people_register_each_once(importing: Importing) -> None:
    first, second = await importing.start(), await importing.start()

    jobs = await asyncio.gather(
        importing.receive(first, file(1, 6_000)), importing.receive(second, file(1, 6_000))
    )

    assert sum(job.registered for job in jobs) == 6_000
    assert sum(job.known for job in jobs) == 6_000
    assert await importing.counts() == once(6_000)


async def test_memory_does_not_grow_with_the_file(importing: Importing) -> None:
    process = psutil.Process()
    await importing.receive(await importing.start(), file(1, 10_000))
    before = process.memory_info().rss

    async def endless() -> AsyncIterator[bytes]:
        """Thirty thousand lines, made as they go."""
        for start in range(10_001, 40_001, 500):
            yield b"".join(line(number) for number in range(start, start + 500))

    await importing.receive(await importing.start(), endless())

    assert process.memory_info().rss - before < 60_000_000


async def test_sending_again_what_others_have_registered_is_known(importing: Importing) -> None:
    await importing.receive(await importing.start(), file(1, 3_000))

    job = await importing.receive(await importing.start(), file(1, 4_000))

    assert (job.registered, job.known) == (1_000, 3_000)
    assert await importing.counts() == once(4_000)


async def test_merged_patients_are_one_person(importing: Importing) -> None:
    await importing.receive(await importing.start(), file(1, 2))
    ids = [row["id"] for row in await importing.pool.fetch("select id from patient order by id")]
    both = json.loads(line(1))
    both["identifier"] += json.loads(line(2))["identifier"]

    async def body() -> AsyncIterator[bytes]:
        yield json.dumps(both).encode()

    before = await importing.receive(await importing.start(), body())
    await importing.pool.execute("update patient set survivor_id = $1 where id = $2", *ids)
    after = await importing.receive(await importing.start(), body())

    assert (before.refused, before.known) == (1, 0)
    assert (after.refused, after.known) == (0, 1)


async def test_ids_follow_the_lines(importing: Importing) -> None:
    await importing.receive(await importing.start(), file(1, 4_100))

    order = await importing.pool.fetch(
        "select value_key from patient_identifier i join patient p on p.id = i.patient_id order by p.id"
    )

    assert [row["value_key"] for row in order] == [f"H{number:06}" for number in range(1, 4_101)]
    assert uuid4().version != (await importing.pool.fetchval("select id from patient limit 1")).version == 7
