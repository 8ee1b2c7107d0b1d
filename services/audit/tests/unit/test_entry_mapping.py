"""Whatever a message is, it becomes an entry; what it says is where auditors look for it."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from audit.domain.entry import Outcome, portions, unseen
from audit.domain.mapping import entry_of
from audit.domain.sequences import dense, described, later, missing
from hypothesis import given
from hypothesis import strategies as st
from openward_contracts.access import RecordDenied, RecordQueried
from openward_contracts.actor import Actor
from openward_contracts.clinical import CompositionPlaced
from openward_contracts.event import Event
from openward_contracts.identifiers import EhrId, EncounterId, PatientId, TemplateId, VersionUid
from openward_contracts.payload import Payload
from openward_servicekit.streams import Message
from openward_testkit.samples import patient_updated

STORED = datetime(2026, 3, 4, tzinfo=UTC)
HEADERS = st.dictionaries(
    st.sampled_from(["ce-id", "ce-authid", "ce-authclaims", "ce-time", "ce-source", "Nats-Msg-Id", "x"]),
    st.text(max_size=20),
)


def message(event: Event[Payload], **changes: str) -> Message:
    headers = {name: value for name, value in (event.headers() | changes).items() if value}
    return Message(7, event.nats_subject, headers, event.body(), STORED)


def accessed(payload: Payload, actor: Actor | None = None) -> Event[Payload]:
    return Event.of(
        payload,
        source="/openward/clinical",
        aggregate_id=(record_id := uuid4()),
        aggregate_version=1,
        actor=actor or Actor("ada", "web", ("clinician",), on_behalf_of="eve", purpose="TREAT"),
        at=datetime.now(UTC),
        correlation_id="request",
        event_id=record_id,
    )


def test_an_event_is_mapped_field_by_field() -> None:
    patients, ehr = (PatientId.new(), PatientId.new()), EhrId.new()
    event = accessed(RecordQueried(patient_ids=patients * 2, ehr_ids=(ehr,), query_sha256="0" * 64, rows=2))

    entry = entry_of("ACCESS", message(event))

    assert (entry.stream, entry.sequence, entry.event_id) == ("ACCESS", 7, event.id)
    assert (entry.kind, entry.occurred_at) == ("access.record.queried.v1", event.envelope.time)
    assert (entry.actor, entry.actor_kind) == ("ada", "user")
    assert json.loads(entry.actor_claims or "") == {
        "client_id": "web",
        "roles": ["clinician"],
        "on_behalf_of": "eve",
        "purpose": "TREAT",
    }
    assert (entry.patient_ids, entry.ehr_ids) == (patients, (ehr,))
    assert (entry.outcome, entry.correlation_id) == (Outcome.OK, "request")


def test_who_moved_a_composition_between_encounters_is_found_by_all_that_it_names() -> None:
    patient, ehr, object_id = PatientId.new(), EhrId.new(), uuid4()
    uid = VersionUid.of(object_id, "openward.local", 2)
    placed = CompositionPlaced(
        ehr_id=ehr,
        patient_id=patient,
        version_uid=uid,
        template_id=TemplateId("vitals"),
        step=3,
        encounter_id=EncounterId.new(),
        from_encounter_id=(left := EncounterId.new()),
    )
    event = Event.of(
        placed,
        source="/openward/clinical",
        aggregate_id=object_id,
        aggregate_version=2,
        actor=Actor("ada", "web", ("clinician",)),
        at=datetime.now(UTC),
        correlation_id="request",
    )

    entry = entry_of("CLINICAL", message(event))

    assert (entry.kind, entry.outcome) == ("clinical.composition.placed.v1", Outcome.OK)
    assert (entry.actor, entry.occurred_at) == ("ada", event.envelope.time)
    assert (entry.patient_ids, entry.ehr_ids) == ((patient,), (ehr,))
    assert (entry.version_uid, entry.template_id) == (uid, "vitals")
    assert str(left).encode() in entry.record


def test_a_refused_access_is_told() -> None:
    denied = RecordDenied(resource="ehr", action="read", reason="role-missing")

    assert entry_of("ACCESS", message(accessed(denied))).outcome is Outcome.DENIED


def test_an_event_of_a_newer_release_is_flagged_and_still_found() -> None:
    event = patient_updated()
    newer = message(event, **{"ce-type": "openward.patients.patient.moved.v1"})
    newer = Message(7, "patients.patient.moved.v1", newer.headers, newer.body, STORED)

    entry = entry_of("PATIENTS", newer)

    assert entry.outcome is Outcome.UNDECODABLE
    assert (entry.event_id, entry.actor) == (event.id, "service:patients")
    assert entry.patient_ids == (event.data.patient_id,)


def test_a_message_that_names_no_event_gets_an_id_by_its_place_and_content() -> None:
    one = entry_of("ACCESS", Message(1, "access.x", {}, b"x", STORED))
    again = entry_of("ACCESS", Message(1, "access.x", {}, b"x"))
    elsewhere = entry_of("ACCESS", Message(2, "access.x", {}, b"x", STORED))
    other = entry_of("ACCESS", Message(1, "access.x", {}, b"y", STORED))

    assert one.event_id == again.event_id
    assert len({one.event_id, elsewhere.event_id, other.event_id}) == 3
    assert one.occurred_at == STORED


def test_what_nats_adds_on_the_way_is_not_part_of_the_record() -> None:
    event = patient_updated()
    sent = message(
        event, **{"Nats-Expected-Stream": "PATIENTS", "Nats-Batch-Id": "1", "nats-batch-commit": "1"}
    )

    assert entry_of("PATIENTS", sent).record == entry_of("PATIENTS", message(event)).record
    assert b"Nats-Msg-Id" in entry_of("PATIENTS", message(event)).record


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_no_calendar_has_is_replaced_by_the_streams(time: str) -> None:
    entry = entry_of("PATIENTS", message(patient_updated(), **{"ce-time": time}))

    assert entry.occurred_at == STORED


@given(subject=st.text(min_size=1), headers=HEADERS, body=st.binary())
def test_every_message_becomes_an_entry_that_a_database_takes(
    subject: str, headers: dict[str, str], body: bytes
) -> None:
    good = patient_updated()
    for given_headers in (headers, good.headers() | headers):
        for kind in (subject, good.nats_subject):
            entry = entry_of("PATIENTS", Message(1, kind, given_headers, body, STORED))

            texts = [entry.kind, entry.actor, entry.actor_kind, entry.actor_claims, entry.correlation_id]
            for text in filter(None, texts):
                assert "\0" not in text
                assert "\\u0000" not in text
                assert len(text.encode()) <= 2704  # what an index of PostgreSQL takes
            json.loads(entry.record)


def test_the_same_message_is_not_added_again_and_another_with_its_id_is() -> None:
    event = patient_updated()
    first, again = (entry_of("PATIENTS", message(event)) for _ in range(2))
    other = entry_of("PATIENTS", message(event, **{"ce-correlationid": "another"}))

    assert unseen([first, again], {}) == [first]
    assert unseen([again], {first.event_id: first.record}) == []
    (kept,) = unseen([other], {first.event_id: first.record})
    assert (kept.event_id, kept.outcome) == (other.fingerprint, Outcome.CONFLICTING)
    assert unseen([other], {first.event_id: first.record, kept.event_id: kept.record}) == []


@given(
    patients=st.lists(st.integers(0, 6), max_size=30), most=st.integers(1, 8), most_patients=st.integers(1, 9)
)
def test_portions_are_small_and_together_everything(
    patients: list[int], most: int, most_patients: int
) -> None:
    everybody = [PatientId.new() for _ in range(6)]
    entries = [
        entry_of(
            "ACCESS",
            message(accessed(RecordQueried(patient_ids=tuple(everybody[:n]), query_sha256="0" * 64, rows=n))),
        )
        for n in patients
    ]

    split = list(portions(entries, most, most_patients))

    assert [entry for portion in split for entry in portion] == entries
    for portion in split:
        assert 1 <= len(portion) <= most
        assert len(portion) == 1 or sum(len(entry.patient_ids) for entry in portion) <= most_patients


def at(*sequences: int) -> list[Message]:
    return [Message(sequence, "s", {}, b"") for sequence in sequences]


@pytest.mark.parametrize(
    ("position", "sequences", "run"),
    [
        (0, (1, 2, 3), 3),
        (4, (5, 6, 8, 9), 2),
        (4, (6, 7), 0),
        (4, (), 0),
        (4, (5, 5, 6), 3),
        (4, (4, 5), 0),
    ],
)
def test_a_dense_run_ends_at_the_first_hole(position: int, sequences: tuple[int, ...], run: int) -> None:
    assert dense(at(*sequences), position) == at(*sequences)[:run]


def test_sequences_are_counted_and_named() -> None:
    assert later(at(3, 4, 5), 4) == at(5)
    assert missing(4, 9, 250) == range(5, 10)
    assert missing(4, 9, 2) == range(5, 7)
    assert described(range(5, 10)) == "5 to 9"
    assert described(range(5, 6)) == "5"
