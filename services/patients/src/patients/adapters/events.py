"""Events of this service, each in the transaction of the change that it tells of."""

from openward_contracts.event import Event
from openward_contracts.patients import (
    PatientDeactivated,
    PatientRegistered,
    PatientRestricted,
    PatientUpdated,
)
from openward_contracts.payload import Payload
from openward_servicekit.context import current_request_id
from openward_servicekit.telemetry import traceparent

from patients.domain.patient import Patient

SOURCE = "/openward/patients"


def event(payload: Payload, patient: Patient) -> Event[Payload]:
    """The event of this version of the patient."""
    return Event.of(
        payload,
        source=SOURCE,
        aggregate_id=patient.id,
        aggregate_version=patient.version,
        actor=patient.change.by,
        at=patient.change.at,
        correlation_id=current_request_id() or str(patient.id),
        traceparent=traceparent(),
    )


def registered(patient: Patient) -> Event[Payload]:
    payload = PatientRegistered(
        patient_id=patient.id,
        ehr_id=patient.ehr_id,
        version=patient.version,
        active=None if patient.record.active else False,
        restricted=True if patient.record.restricted else None,
    )
    return event(payload, patient)


def updated(before: Patient, after: Patient) -> Event[Payload]:
    """One event for a change, named for the gravest thing in it."""
    changed, record = after.change.fields, after.record
    if before.record.active and not record.active:
        narrowed = record.restricted if before.record.restricted != record.restricted else None
        payload: Payload = PatientDeactivated(
            patient_id=after.id, version=after.version, changed=changed, restricted=narrowed
        )
    elif before.record.restricted != record.restricted:
        payload = PatientRestricted(
            patient_id=after.id, version=after.version, restricted=record.restricted, changed=changed
        )
    else:
        payload = PatientUpdated(patient_id=after.id, version=after.version, changed=changed)
    return event(payload, after)
