from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from nats.aio.client import Client
from openward_servicekit.outbox.records import ArchivedRecord
from openward_servicekit.outbox.replay import ReplayUnavailable, request_replay, serving_replay
from openward_servicekit.outbox.source import Outbox
from openward_testkit.nats import NatsServer
from openward_testkit.outbox import STREAM, OutboxStage, tables, versions
from openward_testkit.postgres import PostgresServer

COUNT = 450  # more than two pages


@pytest.fixture
async def patients(fresh_nats_server: NatsServer) -> AsyncIterator[Client]:
    client = await fresh_nats_server.connect("patients")
    yield client
    await client.close()


@pytest.fixture
async def audit(fresh_nats_server: NatsServer) -> AsyncIterator[Client]:
    client = await fresh_nats_server.connect("audit")
    yield client
    await client.close()


@pytest.fixture
async def sent(stage: OutboxStage) -> None:
    await stage.commit(*versions(uuid4(), COUNT))
    async with stage.relay().running():
        await stage.drained()


async def replayed(client: Client, first: int, last: int) -> list[ArchivedRecord]:
    return [record async for record in request_replay(client, "patients", STREAM, first, last)]


@pytest.mark.usefixtures("sent")
async def test_a_replay_is_what_the_stream_holds(stage: OutboxStage, patients: Client, audit: Client) -> None:
    async with serving_replay(patients, "patients", [stage.outbox]):
        records = await replayed(audit, 1, COUNT)
    for record, message in zip(records, await stage.published(), strict=True):
        assert (record.stream_seq, record.subject) == (message.sequence, message.subject)
        assert (str(record.event_id), record.payload) == (message.event_id, message.data)
        assert record.headers.items() <= message.headers.items()


@pytest.mark.usefixtures("sent")
async def test_a_replay_gives_the_sequences_that_were_asked_for(
    stage: OutboxStage, patients: Client, audit: Client
) -> None:
    async with serving_replay(patients, "patients", [stage.outbox]):
        assert [r.stream_seq for r in await replayed(audit, 7, 9)] == [7, 8, 9]
        assert await replayed(audit, COUNT + 1, COUNT + 10) == []


async def test_a_service_answers_for_all_its_outboxes(
    stage: OutboxStage, patients: Client, audit: Client, postgres_server: PostgresServer
) -> None:
    async with postgres_server.database(script=tables()) as name:
        second = Outbox("second", lambda: asyncpg.connect(postgres_server.of(name)))
        await archive(stage.outbox, 1, 3, 5)
        await archive(second, 2, 4)
        async with serving_replay(patients, "patients", [stage.outbox, second]):
            assert [r.stream_seq for r in await replayed(audit, 1, 9)] == [1, 2, 3, 4, 5]


async def archive(outbox: Outbox, *sequences: int) -> None:
    connection = await outbox.connect()
    await connection.executemany(
        "insert into outbox_sent (id, event_id, subject, stream, stream_seq, headers, payload, created_at) "
        "values ($1, gen_random_uuid(), 'patients.patient.updated.v1', $2, $1, '{}', '', now())",
        [(sequence, STREAM) for sequence in sequences],
    )
    await connection.close()


async def test_nobody_answering_is_told_apart_from_nothing_to_give(audit: Client) -> None:
    with pytest.raises(ReplayUnavailable, match="patients: nobody answers"):
        await replayed(audit, 1, 1)


async def test_an_archive_that_cannot_be_read_is_told(
    stage: OutboxStage, patients: Client, audit: Client
) -> None:
    broken = Outbox("patients", lambda: asyncpg.connect(stage.url, database="gone"))
    async with serving_replay(patients, "patients", [broken]):
        with pytest.raises(ReplayUnavailable, match="cannot be read now"):
            await replayed(audit, 1, 1)


async def test_a_malformed_request_is_answered(stage: OutboxStage, patients: Client, audit: Client) -> None:
    async with serving_replay(patients, "patients", [stage.outbox]):
        answer = await audit.request("outbox.replay.patients", b'{"stream": 1}', timeout=10)
    assert answer.headers == {"Replay-Error": "a request has stream, first and last"}
