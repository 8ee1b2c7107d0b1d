"""PatientRegistered for each patient of a chunk: one envelope made by the contracts, then only other ids."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self
from uuid import uuid4, uuid5

from openward_contracts.actor import Actor
from openward_contracts.event import EVENT_NAMESPACE, Event
from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.patients import PatientRegistered

#: The first version of a patient.
_VERSION = 1
#: How the payload of a patient who is not in use ends.
_INACTIVE = ',"active":false}'


class Announced(NamedTuple):
    """Columns of `outbox_event`; the JSON of `headers` and `payload` as text."""

    event_id: str
    headers: str
    payload: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """Of all patients that one actor registers at one time; the ids are random ones, to be replaced."""

    patient_id: str
    ehr_id: str
    event_id: str
    headers: str
    payload: str

    @classmethod
    def of(
        cls, actor: Actor, at: datetime, *, source: str, correlation_id: str, traceparent: str | None
    ) -> Self:
        patient_id, ehr_id = PatientId(uuid4()), EhrId(uuid4())
        event = Event.of(
            PatientRegistered(patient_id=patient_id, ehr_id=ehr_id, version=_VERSION),
            source=source,
            aggregate_id=patient_id,
            aggregate_version=_VERSION,
            actor=actor,
            at=at,
            correlation_id=correlation_id,
            traceparent=traceparent,
        )
        headers, payload = json.dumps(event.headers()), event.body().decode()
        return cls(str(patient_id), str(ehr_id), str(event.id), headers, payload)

    def to(self, patient_id: str, ehr_id: str, *, active: bool) -> Announced:
        """What Event.of would make for this patient, faster."""
        name = f"{PatientRegistered.subject}:{patient_id}:{_VERSION}"
        event_id = str(uuid5(EVENT_NAMESPACE, name))
        payload = self.payload if active else self.payload.removesuffix("}") + _INACTIVE
        return Announced(
            event_id,
            self.headers.replace(self.event_id, event_id).replace(self.patient_id, patient_id),
            payload.replace(self.patient_id, patient_id).replace(self.ehr_id, ehr_id),
        )
