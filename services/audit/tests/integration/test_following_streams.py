"""Every message of every stream is in the log, once, in its stream's order."""

import asyncio
import json
from time import monotonic
from typing import Any
from uuid import uuid4

from openward_contracts.access import RecordDenied, RecordQueried, RecordRead
from openward_contracts.catalogue import STREAMS
from openward_contracts.clinical import CompositionCreated
from openward_contracts.identifiers import ContributionId, EhrId, PatientId, TemplateId, VersionUid
from openward_contracts.patients import PatientUpdated
from openward_contracts.payload import Payload
from openward_contracts.templates import TemplateUploaded
from openward_testkit.samples import patient_updated

PATIENT, OTHER, EHR = PatientId.new(), PatientId.new(), EhrId.new()
VERSION, TEMPLATE = VersionUid.of(uuid4(), "openward.test", 1), TemplateId("Vital signs")
READ = RecordRead(
    patient_id=PATIENT, ehr_id=EHR, resource="composition", version_uid=VERSION, template_id=TEMPLATE
)


def of_every_stream(stage: Any) -> list[Payload]:
    created = CompositionCreated(
        ehr_id=EHR,
        patient_id=PATIENT,
        version_uid=VERSION,
        template_id=TEMPLATE,
        contribution_id=ContributionId.new(),
        committed_at=stage.event(READ).envelope.time,
    )
    return [
        PatientUpdated(patient_id=PATIENT, version=2, changed=("names",)),
        created,
        TemplateUploaded(template_id=TEMPLATE, sha256="0" * 64, version=1),
        READ,
        RecordQueried(patient_ids=(PATIENT, OTHER, PATIENT), ehr_ids=(EHR,), query_sha256="0" * 64, rows=2),
        RecordDenied(patient_id=PATIENT, resource="composition", action="read", reason="role-missing"),
    ]


async def test_all_streams_are_in_the_log_in_order(stage: Any) -> None:
    events = [stage.event(payload) for _ in range(100) for payload in of_every_stream(stage)]
    await stage.publish(*events[:300])

    async with stage.service():
        await stage.publish(*events[300:])
        await stage.until("count(*) = 600 from audit_entry")

    entries = await stage.entries()
    assert [entry["idx"] for entry in entries] == list(range(600))
    for stream in STREAMS:
        in_stream = [entry for entry in entries if entry["stream"] == stream]
        assert [entry["sequence"] for entry in in_stream] == list(range(1, len(in_stream) + 1))
        published = [event.id for event in events if event.stream == stream]
        assert [entry["event_id"] for entry in in_stream] == published


async def test_an_entry_says_who_did_what_to_whom(stage: Any) -> None:
    events = [stage.event(payload) for payload in of_every_stream(stage)]
    await stage.publish(*events)
    async with stage.service():
        await stage.until("count(*) = 6 from audit_entry")

    by_kind = {entry["kind"]: entry for entry in await stage.entries()}
    created = by_kind["clinical.composition.created.v1"]
    assert (created["actor"], created["actor_kind"]) == ("ada", "user")
    assert json.loads(created["actor_claims"]) == {
        "client_id": "web",
        "roles": ["clinician"],
        "purpose": "TREAT",
    }
    assert (created["patient_ids"], created["ehr_ids"]) == ([PATIENT], [EHR])
    assert (created["version_uid"], created["template_id"]) == (VERSION, TEMPLATE)
    assert created["correlation_id"] == events[1].envelope.correlationid
    assert created["occurred_at"] == events[1].envelope.time
    assert by_kind["access.record.queried.v1"]["patient_ids"] == [PATIENT, OTHER]
    assert by_kind["access.record.denied.v1"]["outcome"] == "denied"
    of_patient = await stage.log.fetch("select idx from audit_entry_patient where patient_id = $1", PATIENT)
    assert len(of_patient) == 5


async def test_the_record_is_the_message(stage: Any) -> None:
    event = stage.event(READ)
    await stage.publish(event)
    async with stage.service():
        await stage.reached("ACCESS", 1)

    (entry,) = await stage.entries()
    assert json.loads(entry["record"]) == {
        "subject": event.nats_subject,
        "headers": event.headers(),
        "body": event.body().decode(),
    }


async def test_what_cannot_be_read_is_kept_and_flagged(stage: Any) -> None:
    jetstream, good = stage.nats.jetstream(), stage.event(READ)
    broken = good.headers() | {"Nats-Msg-Id": "broken", "ce-correlationid": "%ED%A0%80"}
    await jetstream.publish("access.record.read.v1", b"\xff\xfe\x00", headers={"x": "y"})
    await jetstream.publish("access.record.read.v9", good.body(), headers=_renamed(good, "read.v9"))
    await jetstream.publish("access.record.read.v1", b"{}", headers=broken)
    await jetstream.publish("access.record.read.v1", b"[" * 10_000, headers=good.headers())
    await stage.publish(stage.event(READ))

    async with stage.service():
        await stage.reached("ACCESS", 5)

    entries = await stage.entries()
    assert [entry["outcome"] for entry in entries] == [*["undecodable"] * 4, "ok"]
    assert json.loads(entries[0]["record"])["body_base64"] == "//4A"
    assert (entries[1]["actor"], entries[1]["patient_ids"]) == ("ada", [PATIENT])
    assert entries[3]["event_id"] == good.id


async def test_a_hostile_actor_is_cut_and_kept(stage: Any) -> None:
    event = stage.event(READ)
    headers = event.headers() | {"ce-authid": "%00" + "%C3%BC" * 5000}
    await stage.nats.jetstream().publish(event.nats_subject, event.body(), headers=headers)
    async with stage.service():
        await stage.reached("ACCESS", 1)

    (entry,) = await stage.entries()
    assert entry["actor"] == "\ufffd" + "ü" * 254


async def test_an_event_that_was_published_twice_is_one_entry(stage: Any) -> None:
    event = stage.event(READ)
    headers = event.headers()
    del headers["Nats-Msg-Id"]  # as if the server had forgotten the first one
    for _ in range(3):
        await stage.nats.jetstream().publish(event.nats_subject, event.body(), headers=headers)
    async with stage.service():
        await stage.reached("ACCESS", 3)

    assert [entry["sequence"] for entry in await stage.entries()] == [1]


async def test_another_message_under_a_known_id_is_kept_as_a_conflict(stage: Any) -> None:
    event = stage.event(READ)
    await stage.publish(event)
    headers = event.headers() | {"Nats-Msg-Id": "another"}
    await stage.nats.jetstream().publish(event.nats_subject, b'{"resource": "ehr"}', headers=headers)
    async with stage.service():
        await stage.reached("ACCESS", 2)

    first, second = await stage.entries()
    assert (first["event_id"], first["outcome"]) == (event.id, "ok")
    assert second["outcome"] == "conflicting"


async def test_an_event_is_in_the_log_at_once(stage: Any) -> None:
    async with stage.service():
        await stage.publish(stage.event(READ))
        await stage.reached("ACCESS", 1)
        seconds = []
        for sequence in range(2, 22):
            await asyncio.sleep(0.03)
            begun = monotonic()
            await stage.publish(stage.event(READ))
            await stage.reached("ACCESS", sequence)
            seconds.append(monotonic() - begun)

    assert min(seconds) < 0.3  # nobody looks only now and then


async def test_nats_may_die_and_come_back(stage: Any) -> None:
    patient = uuid4()
    async with stage.service():
        await stage.publish(*(patient_updated(patient, version) for version in range(1, 51)))
        stage.server.kill()
        stage.server.start()
        await asyncio.sleep(0.5)
        await stage.publish(*(patient_updated(patient, version) for version in range(51, 101)))
        await stage.reached("PATIENTS", 100)

    assert [entry["sequence"] for entry in await stage.entries()] == list(range(1, 101))
    assert await stage.log.fetchval("select count(*) from sequence_gap") == 0


def _renamed(event: Any, kind: str) -> dict[str, str]:
    headers: dict[str, str] = event.headers()
    return headers | {
        "ce-id": str(uuid4()),
        "Nats-Msg-Id": str(uuid4()),
        "ce-type": f"openward.access.record.{kind}",
    }
