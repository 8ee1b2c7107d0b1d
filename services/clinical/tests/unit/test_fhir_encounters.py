"""When an encounter is, in R4, which has one period for what is planned and what was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from clinical.domain.encounter import Details, Encounter, EncounterClass, Status
from clinical.domain.fhir.encounters import PLANNED, encounter_body
from openward_contracts.identifiers import EhrId, EncounterId, PatientId

AT: Final = datetime(2026, 11, 22, 10, tzinfo=UTC)
PATIENT: Final = PatientId.new()
ENCOUNTER: Final = Encounter(
    id=EncounterId.new(),
    patient_id=PATIENT,
    ehr_id=EhrId.new(),
    version=1,
    status=Status.PLANNED,
    details=Details(EncounterClass.AMBULATORY),
    location=None,
    planned_at=AT,
    started_at=None,
    ended_at=None,
    recorded_at=AT,
    recorded_by="ada",
)


@pytest.mark.parametrize("encounter", [ENCOUNTER, ENCOUNTER.cancelled(in_error=False)])
def test_what_has_not_begun_begins_when_it_is_planned_for(encounter: Encounter) -> None:
    body = encounter_body(encounter, PATIENT)

    assert body["period"] == {"start": AT.isoformat()}
    assert "extension" not in body


def test_what_has_begun_keeps_when_it_was_planned_for() -> None:
    late = AT + timedelta(minutes=20)
    body = encounter_body(ENCOUNTER.moved(Status.ARRIVED, late), PATIENT)

    assert body["period"] == {"start": late.isoformat()}
    assert body["extension"] == [{"url": PLANNED, "valueDateTime": AT.isoformat()}]


def test_what_was_not_planned_says_nothing_of_it() -> None:
    body = encounter_body(replace(ENCOUNTER, planned_at=None), PATIENT)

    assert "period" not in body
    assert "extension" not in body
