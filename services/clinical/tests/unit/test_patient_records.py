"""What a request reaches of a person whose patients were merged, and how EHR_STATUS tells of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from clinical.domain.ehr_status import NOTE, EhrStatus
from clinical.domain.merge import Decision
from clinical.domain.record import LinkedEhr, PatientRecord
from openward_contracts.identifiers import EhrId, PatientId, VersionUid

SURVIVOR, SOURCE = PatientId.new(), PatientId.new()
PRIMARY = LinkedEhr(SURVIVOR, EhrId.new(), ready=True)
LINKED = LinkedEhr(SOURCE, EhrId.new(), ready=True)
EHRS = (PRIMARY, LINKED)
DECISION = Decision(
    uuid4(),
    SOURCE,
    SURVIVOR,
    LINKED.ehr_id,
    PRIMARY.ehr_id,
    datetime(2026, 3, 1, tzinfo=UTC),
    "clerk-1",
    "req-1",
)
UID = VersionUid.of(uuid4(), "openward.local", 1)


def test_by_patient_everything_is_read_and_the_primary_is_written_to() -> None:
    for named in (PRIMARY.patient_id, LINKED.patient_id):
        record = PatientRecord(named, EHRS)
        assert (record.readable, record.target) == (EHRS, PRIMARY)
        assert record.holding(LINKED.ehr_id) == LINKED


def test_only_who_named_the_merged_patient_is_told_of_the_survivor() -> None:
    assert PatientRecord(PRIMARY.patient_id, EHRS).survivor_id is None
    assert PatientRecord(LINKED.patient_id, EHRS).survivor_id == PRIMARY.patient_id


def test_by_ehr_id_that_ehr_is_reached_and_no_other() -> None:
    record = PatientRecord(LINKED.patient_id, EHRS, only=LINKED)

    assert (record.readable, record.target, record.primary) == ((LINKED,), LINKED, PRIMARY)
    assert record.holding(PRIMARY.ehr_id) is None


def test_of_merged_patients_the_survivor_says_whether_the_record_is_in_use() -> None:
    away = replace(LINKED, active=False)

    assert PatientRecord(LINKED.patient_id, (PRIMARY, away), only=away).active
    assert not PatientRecord(PRIMARY.patient_id, (replace(PRIMARY, active=False), LINKED)).active


@pytest.mark.parametrize(
    ("own", "judged"),
    [
        (LINKED.patient_id, LINKED.patient_id),
        (PRIMARY.patient_id, PRIMARY.patient_id),
        (PatientId.new(), PRIMARY.patient_id),
        (None, PRIMARY.patient_id),
    ],
)
def test_a_patient_keeps_the_right_to_their_record_under_either_id(
    own: PatientId | None, judged: PatientId
) -> None:
    assert PatientRecord(LINKED.patient_id, EHRS).judged_as(own) == judged


def status(**content: Any) -> EhrStatus:
    return EhrStatus(UID, {"subject": {}, "is_modifiable": True} | content)


def test_freeing_undoes_locking() -> None:
    locked = EhrStatus(UID, status().locked(DECISION))

    assert (locked.modifiable, locked.content["other_details"]["archetype_node_id"]) == (False, NOTE)
    assert str(DECISION.merge_id) in str(locked.content)
    assert locked.freed() == status().content


def test_details_of_others_stay() -> None:
    foreign = {"archetype_node_id": "openEHR-EHR-ITEM_TREE.other.v1"}
    locked = EhrStatus(UID, status(other_details=foreign).locked(DECISION))

    assert locked.content["other_details"] == foreign
    assert locked.freed()["other_details"] == foreign
