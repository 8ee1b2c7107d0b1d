"""Which way an encounter may go."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from clinical.domain.encounter import (
    IN_PATIENT,
    PRESENT,
    Details,
    Encounter,
    EncounterClass,
    Location,
    Status,
)
from clinical.domain.encounter_errors import EncounterPeriodReversed, EncounterTransitionRefused
from openward_contracts.identifiers import EhrId, EncounterId, PatientId

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def encounter(status: Status, kind: EncounterClass = EncounterClass.AMBULATORY) -> Encounter:
    return Encounter(
        id=EncounterId.new(),
        patient_id=PatientId.new(),
        ehr_id=EhrId.new(),
        version=1,
        status=status,
        details=Details(kind),
        location=None,
        planned_at=NOON if status is Status.PLANNED else None,
        started_at=NOON if status is not Status.PLANNED else None,
        ended_at=LATER if status is Status.FINISHED else None,
        recorded_at=NOON,
        recorded_by="clinician-1",
    )


ALLOWED = {
    ("planned", "arrived"),
    ("planned", "triaged"),
    ("planned", "in-progress"),
    ("arrived", "triaged"),
    ("arrived", "in-progress"),
    ("triaged", "in-progress"),
    ("in-progress", "onleave"),
    ("onleave", "in-progress"),
}


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_it_moves_on_in_the_ways_of_fhir_and_in_no_other(before: Status, after: Status) -> None:
    if (before, after) in ALLOWED:
        moved = encounter(before).moved(after, LATER)
        assert (moved.status, moved.version) == (after, 2)
        assert moved.started_at == (LATER if before is Status.PLANNED else NOON)
    else:
        with pytest.raises(EncounterTransitionRefused):
            encounter(before).moved(after, LATER)


@pytest.mark.parametrize("status", Status)
def test_who_is_there_can_leave_or_be_moved_and_nobody_else(status: Status) -> None:
    here = encounter(status)
    if status in PRESENT:
        assert (here.closed(LATER).status, here.closed(LATER).ended_at) == (Status.FINISHED, LATER)
        assert here.transferred(Location("3b"), None, LATER).location == Location("3b")
    else:
        with pytest.raises(EncounterTransitionRefused):
            here.closed(LATER)
        with pytest.raises(EncounterTransitionRefused):
            here.transferred(Location("3b"), EncounterClass.INPATIENT, LATER)


def test_a_transfer_may_make_it_another_class() -> None:
    ward = encounter(Status.IN_PROGRESS, EncounterClass.EMERGENCY).transferred(
        Location("3b"), EncounterClass.INPATIENT, LATER
    )
    assert ward.details.encounter_class is EncounterClass.INPATIENT
    assert ward.is_stay


@pytest.mark.parametrize("step", ["closed", "transferred"])
def test_nothing_ends_before_it_starts(step: str) -> None:
    here, before = encounter(Status.IN_PROGRESS), NOON - timedelta(seconds=1)
    with pytest.raises(EncounterPeriodReversed):
        here.closed(before) if step == "closed" else here.transferred(Location("3b"), None, before)


@pytest.mark.parametrize("status", Status)
def test_only_what_has_not_begun_is_cancelled(status: Status) -> None:
    if status in {Status.PLANNED, Status.ARRIVED, Status.TRIAGED}:
        assert encounter(status).cancelled(in_error=False).status is Status.CANCELLED
    else:
        with pytest.raises(EncounterTransitionRefused):
            encounter(status).cancelled(in_error=False)


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.ENTERED_IN_ERROR])
def test_what_should_not_be_there_can_always_be_taken_out_and_stays_out(status: Status) -> None:
    out = encounter(status).cancelled(in_error=True)
    assert out.status is Status.ENTERED_IN_ERROR
    with pytest.raises(EncounterTransitionRefused):
        out.cancelled(in_error=True)
    with pytest.raises(EncounterTransitionRefused):
        out.amended(Details(EncounterClass.HOME))
    with pytest.raises(EncounterTransitionRefused):
        out.reopened()


@pytest.mark.parametrize("status", Status)
def test_what_has_ended_can_go_on(status: Status) -> None:
    if status is Status.FINISHED:
        again = encounter(status).reopened()
        assert (again.status, again.started_at, again.ended_at) == (Status.IN_PROGRESS, NOON, None)
    elif status is Status.CANCELLED:
        again = replace(encounter(Status.PLANNED), status=status).reopened()
        assert (again.status, again.planned_at) == (Status.PLANNED, NOON)
    else:
        with pytest.raises(EncounterTransitionRefused):
            encounter(status).reopened()


def test_a_stay_is_in_a_bed_now() -> None:
    stays = {(s, k) for s in Status for k in EncounterClass if encounter(s, k).is_stay}
    assert stays == {(s, k) for s in PRESENT for k in IN_PATIENT}
