"""Events of this service, in the transaction that they belong to or in a group."""

from openward_contracts.actor import Actor
from openward_contracts.event import Event
from openward_contracts.payload import Payload
from openward_servicekit.context import current_request_id
from openward_servicekit.telemetry import traceparent

from patients.domain.patient import Patient

SOURCE = "/openward/patients"


def event(payload: Payload, patient: Patient, actor: Actor) -> Event[Payload]:
    """The event of this version of the patient."""
    return Event.of(
        payload,
        source=SOURCE,
        aggregate_id=patient.id,
        aggregate_version=patient.version,
        actor=actor,
        at=patient.updated_at,
        correlation_id=current_request_id() or str(patient.id),
        traceparent=traceparent(),
    )
