import re

import pytest
from openward_contracts.access import MAX_IDS, RecordDenied, RecordQueried, RecordRead
from openward_contracts.catalogue import (
    PAYLOADS,
    PUBLISHERS,
    SOURCES,
    STREAMS,
    SUBSCRIPTIONS,
    listeners,
    source_of,
    stream_of,
)
from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.patients import PatientRegistered, PatientUpdated
from openward_contracts.payload import Payload
from pydantic import ValidationError

SERVICES = {"patients", "clinical", "templates", "audit"}

payloads = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)


@payloads
def test_a_subject_says_context_entity_what_happened_and_version(payload: type[Payload]) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+\.([a-z]+ed|read)\.v[1-9]", payload.subject)


@payloads
def test_every_subject_is_kept_by_one_stream_and_heard_by_the_audit_log(payload: type[Payload]) -> None:
    stream = stream_of(payload.subject)
    assert STREAMS[stream] == f"{payload.subject.partition('.')[0]}.>"
    assert "audit" in {one.service for one in listeners(payload.subject)}


@payloads
def test_a_value_that_may_be_absent_has_a_default(payload: type[Payload]) -> None:
    """Absent values are left out of the body, so a required `null` could not be read back."""
    for name, field in payload.model_fields.items():
        allows_none = "null" in str(payload.model_json_schema()["properties"][name].get("anyOf", ""))
        assert not (allows_none and field.is_required()), name


def test_a_subject_without_a_stream_is_an_error() -> None:
    with pytest.raises(KeyError):
        stream_of("billing.invoice.sent.v1")


def test_publishers_and_listeners_are_services() -> None:
    assert PUBLISHERS.keys() == STREAMS.keys() == SOURCES.keys()
    assert {service for services in PUBLISHERS.values() for service in services} <= SERVICES
    assert {one.service for one in SUBSCRIPTIONS} <= SERVICES
    assert source_of("patients") in SOURCES["PATIENTS"]


def test_subscriptions_name_subjects_of_their_stream() -> None:
    for one in SUBSCRIPTIONS:
        assert {stream_of(subject) for subject in one.subjects} == {one.stream}
        assert set(one.subjects) <= PAYLOADS.keys() | set(STREAMS.values())


def test_durables_are_unique_and_name_their_service() -> None:
    durables = [one.durable for one in SUBSCRIPTIONS if one.durable]
    assert len(durables) == len(set(durables))
    assert all(one.durable.startswith(f"{one.service}-") for one in SUBSCRIPTIONS if one.durable)


def test_a_producer_cannot_add_a_field_by_mistake() -> None:
    with pytest.raises(ValidationError):
        PatientRegistered(patient_id=PatientId.new(), ehr_id=EhrId.new(), version=1, family="Curie")  # type: ignore[call-arg]  # the point


def test_a_payload_does_not_change() -> None:
    payload = PatientRegistered(patient_id=PatientId.new(), ehr_id=EhrId.new(), version=1)
    with pytest.raises(ValidationError):
        payload.version = 2  # type: ignore[misc]  # the point


def test_a_refused_value_is_not_repeated() -> None:
    with pytest.raises(ValidationError) as raised:
        PatientUpdated(patient_id=PatientId.new(), version=2, changed=("Curie, Marie",))
    assert "Curie" not in str(raised.value)


@pytest.mark.parametrize("purpose", ["because she is my neighbour", "", "tréat", "x" * 256])
def test_a_purpose_is_a_code_not_a_sentence(purpose: str) -> None:
    with pytest.raises(ValidationError):
        RecordRead(resource="composition", purpose=purpose)


@pytest.mark.parametrize("purpose", ["TREAT", "http://terminology.hl7.org/CodeSystem/v3-ActReason#TREAT"])
def test_a_purpose_may_name_its_code_system(purpose: str) -> None:
    assert (
        RecordDenied(resource="ehr", action="read", reason="scope-missing", purpose=purpose).purpose
        == purpose
    )


def test_the_largest_access_record_fits_into_a_message() -> None:
    patients = tuple(PatientId.new() for _ in range(MAX_IDS))
    ehrs = tuple(EhrId.new() for _ in range(MAX_IDS))
    record = RecordQueried(patient_ids=patients, ehr_ids=ehrs, query_sha256="0" * 64, rows=1)
    assert len(record.model_dump_json().encode()) < 1024 * 1024 - 8192  # NATS's limit, headers included
    with pytest.raises(ValidationError):
        RecordQueried(patient_ids=(*patients, PatientId.new()), query_sha256="0" * 64, rows=1)
