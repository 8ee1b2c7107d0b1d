from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openward_contracts.access import RecordRead
from openward_contracts.actor import SYSTEM_ACTOR, Actor
from openward_contracts.clinical import CompositionDeleted, CompositionPlaced, EhrCreated
from openward_contracts.event import (
    EVENT_NAMESPACE,
    Event,
    UndecodableEvent,
    decode,
    decode_envelope,
    outbox_columns,
)
from openward_contracts.identifiers import (
    ContributionId,
    EhrId,
    EncounterId,
    PatientId,
    TemplateId,
    VersionUid,
)
from openward_contracts.patients import PatientRegistered

PATIENT = PatientId("7d44b88c-4199-4bad-97dc-d78268e01398")
EHR = EhrId("1b1e5f4e-2f3a-4b56-8a3c-9d0f6f0a5c11")
ADA = Actor("ada", "web", ("clinician",), purpose="TREAT")
NOON = datetime(2026, 3, 1, 12, 0, 0, 250000, tzinfo=UTC)
REGISTERED = PatientRegistered(patient_id=PATIENT, ehr_id=EHR, version=1)
SUBJECT = "patients.patient.registered.v1"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
ACTORS = st.builds(
    Actor,
    sub=TEXTS,
    client_id=TEXTS,
    roles=st.lists(TEXTS, max_size=3).map(tuple),
    on_behalf_of=st.none() | TEXTS,
    purpose=st.none() | TEXTS,
)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=ZONES)  # noqa: DTZ001  zoned by the strategy


def registered(**changes: Any) -> Event[PatientRegistered]:
    facts: dict[str, Any] = {
        "source": "/openward/patients",
        "aggregate_id": PATIENT,
        "aggregate_version": 1,
        "actor": ADA,
        "at": NOON,
        "correlation_id": "req-1",
    }
    return Event.of(REGISTERED, **facts | changes)


def test_the_envelope_is_cloudevents() -> None:
    assert registered(traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").headers() == {
        "Nats-Msg-Id": "b1a43b83-b1f3-520d-8c35-f347b9b37cee",
        "ce-specversion": "1.0",
        "ce-id": "b1a43b83-b1f3-520d-8c35-f347b9b37cee",
        "ce-source": "/openward/patients",
        "ce-type": "openward.patients.patient.registered.v1",
        "ce-subject": str(PATIENT),
        "ce-time": "2026-03-01T12:00:00.250000Z",
        "ce-dataschema": "urn:openward:schema:patients.patient.registered.v1.2",
        "ce-datacontenttype": "application/json",
        "ce-sequence": "00000000000000000001",
        "ce-partitionkey": str(PATIENT),
        "ce-authtype": "user",
        "ce-authid": "ada",
        "ce-authclaims": '{"client_id":"web","roles":["clinician"],"purpose":"TREAT"}'.replace('"', "%22"),
        "ce-correlationid": "req-1",
        "ce-traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }


def test_the_body_is_the_payload_without_absent_values() -> None:
    assert registered().body() == f'{{"patient_id":"{PATIENT}","ehr_id":"{EHR}","version":1}}'.encode()
    record = RecordRead(resource="composition", template_id=TemplateId("Größe"))
    event_id = UUID(int=7)
    event = Event.of(
        record,
        source="/openward/clinical",
        aggregate_id=event_id,
        aggregate_version=1,
        actor=ADA,
        at=NOON,
        correlation_id="req-1",
        event_id=event_id,
    )
    assert event.body().decode() == '{"resource":"composition","template_id":"Größe","count":1}'
    assert event.id == event_id


def test_subject_and_stream_follow_from_the_payload() -> None:
    assert (registered().nats_subject, registered().stream) == (SUBJECT, "PATIENTS")


def test_the_same_change_has_the_same_id_whenever_it_is_told() -> None:
    later = registered(at=NOON + timedelta(hours=1), correlation_id="req-2", actor=SYSTEM_ACTOR("patients"))
    assert later.id == registered().id == uuid5(EVENT_NAMESPACE, f"{SUBJECT}:{PATIENT}:1")
    assert registered(aggregate_version=2).id != registered().id
    assert registered(aggregate_id=PatientId.new()).id != registered().id
    assert uuid5(NAMESPACE_URL, "urn:openward:event") == EVENT_NAMESPACE


FIRST, SECOND = ContributionId.new(), ContributionId.new()


def deleted(contribution_id: ContributionId = FIRST, *, physical: bool = False) -> Event[CompositionDeleted]:
    return Event.of(
        CompositionDeleted(
            ehr_id=EHR,
            version_uid=VersionUid(f"{PATIENT}::local.ehrbase.org::2"),
            contribution_id=contribution_id,
            committed_at=NOON,
            physical=physical,
        ),
        source="/openward/clinical",
        aggregate_id=PATIENT,
        aggregate_version=2,
        actor=ADA,
        at=NOON,
        correlation_id="req-1",
    )


def test_erasing_a_version_is_another_event_than_deleting_it() -> None:
    assert deleted(physical=True).id != deleted().id
    assert deleted(physical=True).id == deleted(physical=True).id


def test_what_was_erased_and_made_again_under_its_uid_has_events_of_its_own() -> None:
    events = [deleted(by, physical=erased) for by in (FIRST, SECOND) for erased in (False, True)]
    ehrs = [
        Event.of(
            EhrCreated(ehr_id=EHR, contribution_id=by),
            source="/openward/clinical",
            aggregate_id=EHR,
            aggregate_version=1,
            actor=ADA,
            at=NOON,
            correlation_id="req-1",
        )
        for by in (FIRST, SECOND)
    ]

    assert len({event.id for event in (*events, *ehrs)}) == 6


def placed(step: int, to: EncounterId | None) -> Event[CompositionPlaced]:
    uid = VersionUid(f"{PATIENT}::openward.local::2")
    return Event.of(
        CompositionPlaced(ehr_id=EHR, version_uid=uid, step=step, encounter_id=to),
        source="/openward/clinical",
        aggregate_id=uid.object_id,
        aggregate_version=uid.version,
        actor=ADA,
        at=NOON,
        correlation_id="req-1",
    )


def test_each_move_of_one_version_is_an_event_of_its_own() -> None:
    visit = EncounterId.new()
    assert len({placed(step, visit).id for step in (1, 2, 3)}) == 3
    assert placed(2, None).id == placed(2, visit).id
    assert b"encounter" not in placed(2, None).body()


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_sequences_compare_as_the_versions_do(one: int, other: int) -> None:
    texts = [registered(aggregate_version=version).envelope.sequence for version in (one, other)]
    assert (texts[0] < texts[1]) == (one < other)


@given(actor=ACTORS, at=TIMES, correlation=TEXTS, aggregate=TEXTS, version=st.integers(0, 2**63 - 1))
def test_what_is_sent_is_what_is_read(
    actor: Actor, at: datetime, correlation: str, aggregate: str, version: int
) -> None:
    event = registered(
        actor=actor, at=at, correlation_id=correlation, aggregate_id=aggregate, aggregate_version=version
    )
    again = decode(event.nats_subject, event.headers(), event.body())
    assert again == event
    assert again.envelope.actor == actor
    assert (again.envelope.aggregate_id, again.envelope.aggregate_version) == (aggregate, version)


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "patients"},
        {"source": "/openward/clinical"},
        {"at": datetime(2026, 3, 1)},  # noqa: DTZ001  the point
        {"aggregate_id": ""},
        {"aggregate_version": -1},
        {"correlation_id": ""},
        {"actor": Actor("", "web", ())},
    ],
)
def test_an_event_without_its_facts_is_not_made(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"does not publish|an event needs"):
        registered(**changes)


def test_an_outbox_row_is_the_message() -> None:
    event = registered()
    columns = outbox_columns(event)
    assert columns == (event.id, SUBJECT, str(PATIENT), 1, event.headers(), event.body())
    assert list(columns._asdict()) == [
        "event_id",
        "subject",
        "aggregate_id",
        "aggregate_version",
        "headers",
        "payload",
    ]


def message(**headers: str | None) -> tuple[str, dict[str, str], bytes]:
    changed = {f"ce-{name}": value for name, value in headers.items()}
    found: dict[str, str | None] = {**registered().headers(), **changed}
    return SUBJECT, {name: value for name, value in found.items() if value is not None}, registered().body()


def test_header_names_count_in_any_case() -> None:
    subject, headers, body = message()
    assert decode(subject, {name.upper(): value for name, value in headers.items()}, body) == registered()


def test_what_is_not_known_is_ignored() -> None:
    subject, headers, body = message(later="1")
    headers |= {"Nats-Expected-Stream": "PATIENTS", "content-type": "application/json", "correlation_id": "x"}
    assert decode(subject, headers, body[:-1] + b',"later":{"a":1}}') == registered()


def test_a_time_of_another_zone_is_the_same_time() -> None:
    event = decode(*message(time="2026-03-01T13:00:00.25+01:00"))
    assert event == registered()
    assert event.headers()["ce-time"] == "2026-03-01T12:00:00.250000Z"


def test_optional_attributes_may_be_missing() -> None:
    event = decode(*message(authclaims=None, traceparent=None, datacontenttype=None))
    assert event.envelope.actor == Actor("ada", "", ())


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_by_any_spelling_is_json(media_type: str) -> None:
    assert decode(*message(datacontenttype=media_type)).data == REGISTERED


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"id": None}, "ce-id: missing or empty"),
        ({"id": ""}, "ce-id: missing or empty"),
        ({"id": "secret"}, "ce-id: not a UUID"),
        ({"specversion": None}, "ce-specversion: missing or empty"),
        ({"specversion": "0.3"}, "ce-specversion: not what"),
        ({"type": "openward.patients.patient.updated.v1"}, "ce-type: not what"),
        ({"time": "secret"}, "ce-time: not a time"),
        ({"time": "2026-03-01T12:00:00"}, "ce-time: without a zone"),
        ({"sequence": "1"}, "ce-sequence: not what"),
        ({"sequence": "0000000000000000000x"}, "ce-sequence: not what"),
        ({"datacontenttype": "application/xml"}, "ce-datacontenttype: not what"),
        ({"authclaims": "secret"}, "ce-authclaims: not what"),
        ({"traceparent": ""}, "ce-traceparent: missing or empty"),
        ({"authid": None, "correlationid": None}, "ce-authid, ce-correlationid: missing or empty"),
        ({"authid": "%FFsecret"}, "ce-authid is not percent-encoded UTF-8"),
    ],
)
def test_a_bad_header_is_named_and_not_repeated(headers: dict[str, str | None], reason: str) -> None:
    with pytest.raises(UndecodableEvent, match=reason) as raised:
        decode(*message(**headers))
    assert "secret" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_structured_mode_is_refused() -> None:
    subject, headers, body = message()
    with pytest.raises(UndecodableEvent, match="structured content mode"):
        decode(subject, headers | {"Content-Type": "application/cloudevents+json"}, body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "body"),
        (b"\xff", "body"),
        (b'{"secret":', "body"),
        (b'["secret"]', "body"),
        (b'{"patient_id":"secret","version":0}', r"patient_id \(value_error\), ehr_id \(missing\), version"),
    ],
)
def test_a_bad_body_is_named_by_field_and_not_repeated(body: bytes, reason: str) -> None:
    subject, headers, _ = message()
    with pytest.raises(UndecodableEvent, match=reason) as raised:
        decode(subject, headers, body)
    assert "secret" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_of_an_event_of_a_later_release_the_envelope_can_be_read() -> None:
    subject = "patients.patient.registered.v2"
    _, headers, body = message(type=f"openward.{subject}")
    assert decode_envelope(subject, headers).aggregate_id == str(PATIENT)
    with pytest.raises(UndecodableEvent, match="not in the catalogue"):
        decode(subject, headers, body)
