"""An encounter as a FHIR R4 Encounter: nothing of it is left out."""

from typing import Any, Final

from openward_contracts.identifiers import PatientId

from clinical.domain.encounter import Coded, Encounter, Location, Participant, Status

Element = dict[str, Any]

CLASSES: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
#: Code system of statuses.
STATUSES: Final = "http://hl7.org/fhir/encounter-status"
_PARTICIPATIONS: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
#: When it had been planned for, once it has started: R4 has no place for both, and validators without the
#: definitions of R5 refuse the extension that stands for R5's element.
PLANNED: Final = "urn:openward:fhir:encounter-planned-start"


def encounter_body(encounter: Encounter, patient_id: PatientId) -> Element:
    """But for `resourceType`, `id` and `meta`. `patient_id`: who the patient is now."""
    details = encounter.details
    body: Element = {
        "status": encounter.status,
        "class": {"system": CLASSES, "code": details.encounter_class},
        "subject": {"reference": f"Patient/{patient_id}"},
    }
    if encounter.planned_at and encounter.started_at:
        body["extension"] = [{"url": PLANNED, "valueDateTime": encounter.planned_at.isoformat()}]
    if details.participants:
        body["participant"] = [_participant(each) for each in details.participants]
    if period := _period(encounter):
        body["period"] = period
    if details.reason:
        body["reasonCode"] = [_concept(details.reason)]
    if encounter.location:
        body["location"] = [_location(encounter.location, encounter.status)]
    return body


def _period(encounter: Encounter) -> Element:
    """Of one that has not begun: when it is planned for, as the search by date takes it."""
    ends = {"start": encounter.started_at or encounter.planned_at, "end": encounter.ended_at}
    return {name: moment.isoformat() for name, moment in ends.items() if moment}


def _concept(reason: Coded) -> Element:
    found: Element = {}
    if reason.code:
        system = {"system": reason.system} if reason.system else {}
        found["coding"] = [system | {"code": reason.code}]
    return found | ({"text": reason.text} if reason.text else {})


def _participant(participant: Participant) -> Element:
    kind = [{"coding": [{"system": _PARTICIPATIONS, "code": participant.type}]}]
    individual = _named(participant.id, participant.display)
    return {"type": kind} | ({"individual": individual} if individual else {})


def _location(location: Location, status: Status) -> Element:
    found: Element = {"location": _named(location.id, location.display)}
    if status is Status.PLANNED:
        found["status"] = "planned"
    return found


def _named(identifier: str | None, display: str | None) -> Element:
    """By an id of the house's own, which is no resource here, and a name."""
    found: Element = {"identifier": {"value": identifier}} if identifier else {}
    return found | ({"display": display} if display else {})
