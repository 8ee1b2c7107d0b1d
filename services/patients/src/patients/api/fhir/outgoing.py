"""A patient of the registry as a FHIR R4 Patient. What the record does not say is left out.

The registry's own identifiers come last, so that the others keep their places in what a client sends back.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from openward_contracts.identifiers import PatientId
from openward_servicekit.fhir.moments import instant

from patients.api.fhir import systems
from patients.api.fhir.moments import date_time
from patients.domain.cross_reference import EHR_SYSTEM
from patients.domain.patient import MRN_SYSTEM, Patient
from patients.domain.record import (
    Address,
    Coding,
    Communication,
    Contact,
    HumanName,
    Identifier,
    PatientRecord,
    Period,
    Practitioner,
    Telecom,
)

Element = dict[str, Any]


def patient_resource(
    patient: Patient, replaces: Sequence[PatientId] = (), *, only: Collection[str] | None = None
) -> Element:
    """`replaces`: who was merged into this one. `only`: systems of the identifiers to show; None for all."""
    record = patient.record
    return _said(
        {
            "resourceType": "Patient",
            "id": str(patient.id),
            "meta": _meta(patient),
            "extension": _extensions(record),
            "identifier": [each for each in identifiers(patient) if only is None or each["system"] in only],
            "active": record.active and patient.survivor_id is None,
            "name": [_name(name) for name in record.names],
            "telecom": [_telecom(telecom) for telecom in record.telecoms],
            "gender": record.gender,
            "birthDate": record.birth_date,
            **_deceased(record),
            "address": [each for address in record.addresses if (each := _address(address))],
            **_multiple_birth(record),
            "maritalStatus": record.marital_status and _concept(record.marital_status),
            "contact": [each for contact in record.contacts if (each := _contact(contact))],
            "communication": [_communication(each) for each in record.communications],
            "generalPractitioner": [_practitioner(each) for each in record.general_practitioners],
            "link": links(patient, replaces),
        }
    )


def identifiers(patient: Patient) -> list[Element]:
    """The record's, then the registry's own: the MRN, and the id of the EHR."""
    return [
        *(_identifier(each) for each in patient.record.identifiers),
        _own("usual", "MR", MRN_SYSTEM, patient.mrn),
        _own("secondary", "RI", EHR_SYSTEM, str(patient.ehr_id)),
    ]


def links(patient: Patient, replaces: Sequence[PatientId] = ()) -> list[Element]:
    survivor = [_link("replaced-by", patient.survivor_id)] if patient.survivor_id else []
    return [*survivor, *(_link("replaces", each) for each in replaces)]


def last_updated(patient: Patient) -> datetime:
    return patient.change.at.astimezone(UTC)


def _said(element: Element) -> Element:
    """FHIR has no null and no empty list or object."""
    return {name: value for name, value in element.items() if value not in (None, "", [], {})}


def _meta(patient: Patient) -> Element:
    security = [{"system": systems.CONFIDENTIALITY, "code": "R", "display": "restricted"}]
    tag = [{"system": systems.ACT_REASON, "code": "HTEST", "display": "test health data"}]
    return _said(
        {
            "versionId": str(patient.version),
            "lastUpdated": instant(patient.change.at),
            "security": security if patient.record.restricted else None,
            "tag": tag if patient.record.test else None,
        }
    )


def _extensions(record: PatientRecord) -> list[Element]:
    unknown = {"coding": [{"system": systems.UNKNOWN_IDENTITY_CODES, "code": "unknown"}]}
    values: list[tuple[str, str, Any]] = [
        (systems.MOTHERS_MAIDEN_NAME, "valueString", record.mothers_maiden_name),
        (
            systems.GENDER_IDENTITY,
            "valueCodeableConcept",
            record.gender_identity and _concept(record.gender_identity),
        ),
        (systems.UNKNOWN_IDENTITY, "valueCodeableConcept", record.unidentified and unknown),
        (systems.NEWBORN, "valueBoolean", record.newborn),
    ]
    return [{"url": url, kind: value} for url, kind, value in values if value]


def _deceased(record: PatientRecord) -> Element:
    if record.deceased_at is not None:
        return {"deceasedDateTime": date_time(record.deceased_at)}
    return {"deceasedBoolean": True} if record.deceased else {}


def _own(use: str, code: str, system: str, value: str) -> Element:
    return {
        "use": use,
        "type": {"coding": [{"system": systems.V2_0203, "code": code}]},
        "system": system,
        "value": value,
    }


def _identifier(identifier: Identifier) -> Element:
    return _said(
        {
            "use": identifier.use,
            "type": _concept(identifier.type) if identifier.type else None,
            "system": identifier.system,
            "value": identifier.value,
            "period": _period(identifier.period),
            "assigner": {"display": identifier.assigner} if identifier.assigner else None,
        }
    )


def _name(name: HumanName) -> Element:
    return _said(
        {
            "use": name.use,
            "family": name.family,
            "given": list(name.given),
            "prefix": list(name.prefix),
            "suffix": list(name.suffix),
            "period": _period(name.period),
        }
    )


def _telecom(telecom: Telecom) -> Element:
    element = {"system": telecom.system, "value": telecom.value, "use": telecom.use, "rank": telecom.rank}
    return _said(element | {"period": _period(telecom.period)})


def _address(address: Address) -> Element:
    return _said(
        {
            "use": address.use,
            "type": address.type,
            "text": address.text,
            "line": list(address.line),
            "city": address.city,
            "district": address.district,
            "state": address.state,
            "postalCode": address.postal_code,
            "country": address.country,
            "period": _period(address.period),
        }
    )


def _contact(contact: Contact) -> Element:
    return _said(
        {
            "relationship": [_concept(coding) for coding in contact.relationship],
            "name": _name(contact.name) if contact.name else None,
            "telecom": [_telecom(telecom) for telecom in contact.telecoms],
            "address": _address(contact.address) if contact.address else None,
            "gender": contact.gender,
            "period": _period(contact.period),
        }
    )


def _communication(communication: Communication) -> Element:
    language = {"coding": [{"system": systems.BCP_47, "code": communication.language}]}
    return _said({"language": language, "preferred": communication.preferred or None})


def _practitioner(practitioner: Practitioner) -> Element:
    identifier = _identifier(practitioner.identifier) if practitioner.identifier else None
    return _said({"identifier": identifier, "display": practitioner.display})


def _multiple_birth(record: PatientRecord) -> Element:
    value = record.multiple_birth
    return {"multipleBirthBoolean" if isinstance(value, bool) else "multipleBirthInteger": value}


def _concept(coding: Coding) -> Element:
    return {"coding": [_said(coding.model_dump())]}


def _period(period: Period | None) -> Element | None:
    return _said(period.model_dump()) if period else None


def _link(kind: str, other: PatientId) -> Element:
    return {"other": {"reference": f"Patient/{other}"}, "type": kind}
