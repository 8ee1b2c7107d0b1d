"""EHRbase away, slow, or silent after it has committed; the access log away. Never an invented success."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
from clinical.settings import Settings
from openward_cli.stack import Port, Stack
from openward_testkit.wire import Wire

COUNT = "SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c"


@pytest.fixture
async def wire(stack: Stack) -> AsyncIterator[Wire]:
    async with Wire("127.0.0.1", stack.port(Port.EHRBASE)).laid() as wire:
        yield wire


@pytest.fixture
async def shaky(clinic: Any, settings: Settings, wire: Wire) -> AsyncIterator[Any]:
    """A second process of the service, with the same database, that reaches EHRbase over the wire."""
    async with clinic.beside(settings, wire.own_port, ehrbase_timeout_seconds=3.0) as beside:
        yield beside


async def test_without_ehrbase_the_answer_is_503_and_nothing_is_written(
    clinic: Any, settings: Settings
) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    async with clinic.beside(settings, port=1) as alone:
        answers = [
            await alone.write(patient_id),
            await alone.correct(patient_id, uid),
            await alone.read(patient_id, uid),
            await alone.query(patient_id, COUNT),
        ]

    assert [answer.status_code for answer in answers] == [503] * 4
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
    assert (await clinic.query(patient_id, COUNT)).json()["rows"] == [[uid]]
    assert (await clinic.correct(patient_id, uid)).status_code == 200


async def test_a_slow_read_is_504(clinic: Any, shaky: Any, wire: Wire) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    wire.hold_answers()

    answer = await shaky.read(patient_id, uid)

    assert answer.status_code == 504


async def test_a_commit_whose_answer_never_came_is_found_and_not_done_twice(
    clinic: Any, shaky: Any, wire: Wire, key: dict[str, str]
) -> None:
    patient_id, _ = await clinic.patient()
    await clinic.write(patient_id)
    wire.hold_answers()
    writing = asyncio.create_task(shaky.write(patient_id, **key))
    await asyncio.sleep(3.2)
    wire.cut()
    wire.answers.set()

    answer = await writing
    again = await clinic.write(patient_id, **key)
    rows = (await clinic.query(patient_id, COUNT)).json()["rows"]

    assert answer.status_code == 201
    assert again.json() == answer.json()
    assert len(rows) == 2
    assert [answer.json()["version_uid"]] in rows


async def test_a_write_without_any_answer_is_unknown_and_can_be_repeated(
    clinic: Any, shaky: Any, wire: Wire, key: dict[str, str]
) -> None:
    patient_id, _ = await clinic.patient()
    await clinic.write(patient_id)
    wire.hold_answers()

    unknown = await shaky.write(patient_id, **key)
    wire.cut()
    wire.answers.set()
    repeated = await shaky.write(patient_id, **key)

    assert (unknown.status_code, unknown.json()["code"]) == (504, "outcome-unknown")
    assert repeated.status_code == 201
    assert len((await clinic.query(patient_id, COUNT)).json()["rows"]) == 2


async def test_nothing_leaves_without_its_access_record(
    clinic: Any, settings: Settings, postgres_admin_url: str
) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    database = settings.database_url.rpartition("/")[2]
    admin = await asyncpg.connect(postgres_admin_url, database=database)
    try:
        await admin.execute("revoke insert on outbox_event from clinical")
        read = await clinic.read(patient_id, uid)
        asked = await clinic.query(patient_id, COUNT)
        over_all = await clinic.get(f"/openehr/v1/query/aql?q={quote(COUNT)}")
        refused = await clinic.read(patient_id, uid, **clinic.headers("clerk"))
    finally:
        await admin.execute("grant insert on outbox_event to clinical")
        await admin.close()

    for answer in (read, asked, over_all, refused):
        assert answer.status_code == 503
        assert "systolic" not in answer.text
        assert uid not in answer.text
    assert (await clinic.read(patient_id, uid)).status_code == 200
