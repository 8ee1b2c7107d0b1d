"""What a stream has lost comes from the archive of its service, in its place; or all that follows waits."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
from openward_contracts.access import RecordRead
from openward_servicekit.outbox.postgres import insert_event
from openward_servicekit.outbox.relay import Relay
from openward_servicekit.outbox.replay import serving_replay
from openward_servicekit.outbox.source import Outbox
from openward_testkit.outbox import outbox_stage, versions
from openward_testkit.postgres import PostgresServer
from openward_testkit.samples import patient_updated

COUNT = 30


@asynccontextmanager
async def archived(postgres: PostgresServer, stage: Any, count: int = COUNT) -> AsyncIterator[Any]:
    """The service `patients` has published so many events, and answers for them while the block runs."""
    async with outbox_stage(postgres, stage.server) as patients:
        await patients.commit(*versions(uuid4(), count))
        async with patients.relay().running():
            await patients.drained()
        async with (
            await stage.server.connect("patients") as nats,
            serving_replay(nats, "patients", [patients.outbox]),
        ):
            await nats.flush()
            yield patients


async def streams(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    items = (await client.get("/api/audit/v1/streams")).json()["items"]
    return {item["stream"]: item for item in items}


async def test_lost_messages_are_found_and_repaired_in_order(
    stage: Any, postgres_server: PostgresServer
) -> None:
    await stage.loosen("PATIENTS")
    async with archived(postgres_server, stage):
        await stage.lose("PATIENTS", 1, 2, 7, 12, 13, 14)
        async with stage.service() as client:
            await stage.reached("PATIENTS", COUNT)
            state = (await streams(client))["PATIENTS"]

    entries = await stage.entries("PATIENTS")
    assert [entry["sequence"] for entry in entries] == list(range(1, COUNT + 1))
    assert [entry["sequence"] for entry in entries if entry["repaired"]] == [1, 2, 7, 12, 13, 14]
    assert (state["gaps_found"], state["gaps_repaired"], state["lag"]) == (6, 6, 0)


async def test_a_repaired_entry_is_as_if_the_stream_had_kept_it(
    stage: Any, postgres_server: PostgresServer
) -> None:
    await stage.loosen("PATIENTS")
    async with archived(postgres_server, stage) as patients:
        kept = {message.sequence: message for message in await patients.published()}
        await stage.lose("PATIENTS", 5)
        async with stage.service():
            await stage.reached("PATIENTS", COUNT)

    entries = {entry["sequence"]: entry for entry in await stage.entries("PATIENTS")}
    assert str(entries[5]["event_id"]) == kept[5].event_id
    assert entries[5]["record"][:20] == entries[6]["record"][:20]
    assert entries[5]["outcome"] == "ok"


async def test_messages_that_were_lost_at_the_end_are_noticed(
    stage: Any, postgres_server: PostgresServer
) -> None:
    await stage.loosen("PATIENTS")
    async with archived(postgres_server, stage):
        await stage.lose("PATIENTS", COUNT - 1, COUNT)
        async with stage.service():
            await stage.reached("PATIENTS", COUNT)

    repaired = [entry["sequence"] for entry in await stage.entries("PATIENTS") if entry["repaired"]]
    assert repaired == [COUNT - 1, COUNT]


async def test_a_stream_that_was_purged_is_repaired_while_the_service_runs(
    stage: Any, postgres_server: PostgresServer
) -> None:
    await stage.loosen("PATIENTS")
    async with stage.service(), archived(postgres_server, stage, count=700) as patients:
        await stage.reached("PATIENTS", 700)
        await patients.commit(*versions(uuid4(), 20))
        async with patients.relay().running():
            await patients.drained()
        await stage.nats.jetstream().purge_stream("PATIENTS")
        await stage.publish(patient_updated())
        await stage.reached("PATIENTS", 721)

    assert [entry["sequence"] for entry in await stage.entries("PATIENTS")] == list(range(1, 722))


async def test_an_unrepairable_gap_stops_its_stream_only_and_readiness_says_why(stage: Any) -> None:
    await stage.loosen("PATIENTS")
    await stage.publish(*(patient_updated() for _ in range(5)))
    await stage.lose("PATIENTS", 3)
    why = "PATIENTS: 3 missing; 3: no answer from patients"
    async with stage.service() as client:
        await stage.until("stopped = $1 from stream_position where stream = 'PATIENTS'", why)
        await stage.publish(stage.event(RecordRead(resource="ehr")))
        await stage.reached("ACCESS", 1)
        state = (await streams(client))["PATIENTS"]
        told = await eventually_told(client, why)

    assert (state["stopped"], state["position"], state["gaps_found"]) == (why, 2, 1)
    assert told["state"] == "down"
    assert [entry["sequence"] for entry in await stage.entries("PATIENTS")] == [1, 2]


async def test_a_stopped_stream_goes_on_as_soon_as_an_archive_has_what_is_missing(
    stage: Any, postgres_server: PostgresServer
) -> None:
    await stage.loosen("PATIENTS")
    async with archived(postgres_server, stage) as patients:
        lost = patient_updated()
        await stage.publish(lost, patient_updated())
        await stage.lose("PATIENTS", COUNT + 1)
        async with stage.service() as client:
            why = f"PATIENTS: {COUNT + 1} missing; {COUNT + 1}: no archive has it"
            await stage.until("stopped = $1 from stream_position where stream = 'PATIENTS'", why)
            await archive(patients, lost, COUNT + 1)
            await stage.reached("PATIENTS", COUNT + 2)
            await stage.until("stopped is null from stream_position where stream = 'PATIENTS'")
            await eventually_told(client, None)

    assert (await stage.entries("PATIENTS"))[COUNT]["event_id"] == lost.id


async def test_the_services_own_access_records_come_back_from_its_own_archive(stage: Any) -> None:
    await stage.loosen("ACCESS")
    records = [stage.event(RecordRead(resource="audit-entry")) for _ in range(3)]
    for record in records:
        await insert_event(stage.log, record)
    async with Relay(Outbox("audit", stage.database.connect), lambda: stage.nats).running():
        await stage.until("count(*) = 3 from outbox_sent")
    await stage.lose("ACCESS", 1, 3)

    async with stage.service():
        await stage.reached("ACCESS", 3)

    entries = await stage.entries("ACCESS")
    assert [entry["event_id"] for entry in entries] == [record.id for record in records]
    assert [entry["repaired"] for entry in entries] == [True, False, True]


async def archive(patients: Any, event: Any, sequence: int) -> None:
    await patients.database.execute(
        "insert into outbox_sent (id, event_id, subject, stream, stream_seq, headers, payload, created_at) "
        "values (1000, $1, $2, 'PATIENTS', $3, $4, $5, now())",
        event.id,
        event.nats_subject,
        sequence,
        json.dumps(event.headers()),
        event.body(),
    )


async def eventually_told(client: httpx.AsyncClient, why: str | None) -> dict[str, Any]:
    """What readiness says of the streams, as soon as it says that."""
    async with asyncio.timeout(60):
        while True:
            answer = await client.get("/readyz")
            told: dict[str, Any] = answer.json()["dependencies"]["streams"]
            if answer.status_code == 200 and told.get("why") == why:
                return told
            await asyncio.sleep(0.2)
