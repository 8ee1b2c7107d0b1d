import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId
from patients.api.schemas import PatientView
from patients.domain.patient import Change, EhrState, Patient
from patients.domain.record import PatientRecord


@pytest.mark.parametrize("survivor_id", [None, PatientId(uuid4())])
def test_a_patient_is_written_as_the_description_of_the_api_says(survivor_id: PatientId | None) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    patient = Patient(
        id=PatientId(uuid4()),
        version=3,
        mrn="000000018",
        record=PatientRecord.model_validate({"names": [{"given": ["Zoë"]}], "birth_date": "1980-02"}),
        ehr_id=EhrId(uuid4()),
        ehr_state=EhrState.READY,
        created_at=at,
        change=Change(at, Actor("somebody", "web", ()), ()),
        survivor_id=survivor_id,
    )

    written = json.loads(PatientView.written(patient))

    assert written == PatientView.of(patient).document()
    assert PatientView.model_validate(written) == PatientView.of(patient)
