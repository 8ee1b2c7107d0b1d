"""Events for tests that do not care which."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from openward_contracts.actor import SYSTEM_ACTOR
from openward_contracts.event import Event
from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.patients import PatientRegistered, PatientUpdated


def patient_updated(patient_id: UUID | None = None, version: int = 1) -> Event[PatientUpdated]:
    """A patient's event from the service `patients`; the same arguments give the same event id."""
    patient = PatientId(str(patient_id or uuid4()))
    return Event.of(
        PatientUpdated(patient_id=patient, version=version, changed=("address",)),
        source="/openward/patients",
        aggregate_id=patient,
        aggregate_version=version,
        actor=SYSTEM_ACTOR("patients"),
        at=datetime.now(UTC),
        correlation_id=str(uuid4()),
    )


def patient_registered(patient_id: UUID | None = None) -> Event[PatientRegistered]:
    """The first event of a patient."""
    patient = PatientId(str(patient_id or uuid4()))
    return Event.of(
        PatientRegistered(patient_id=patient, ehr_id=EhrId(str(uuid4())), version=1),
        source="/openward/patients",
        aggregate_id=patient,
        aggregate_version=1,
        actor=SYSTEM_ACTOR("patients"),
        at=datetime.now(UTC),
        correlation_id=str(uuid4()),
        traceparent=f"00-{uuid4().hex}-{uuid4().hex[:16]}-01",
    )
