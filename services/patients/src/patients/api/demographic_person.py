"""A patient as PERSON of the openEHR Reference Model 1.1 (demographic_im), in canonical JSON.

Archetypes of the registry's own (`org.openward::…`): the published ones hold less than a record does. Names
are PARTY_IDENTITYs, numbers that an authority gives are details, as the specification has it.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from patients.domain.patient import MRN_SYSTEM, Patient
from patients.domain.record import (
    Address,
    Coding,
    Contact,
    HumanName,
    Identifier,
    PatientRecord,
    Period,
    Telecom,
)

SYSTEM_ID: Final = "openward.patients"

_ARCHETYPE: Final = "org.openward::openEHR-DEMOGRAPHIC-{kind}.{name}.v1"

Node = dict[str, Any]


def version_uid(patient: Patient) -> str:
    return f"{patient.id}::{SYSTEM_ID}::{patient.version}"


def encoded(node: Node) -> bytes:
    return json.dumps(node, ensure_ascii=False, separators=(",", ":")).encode()


def person(patient: Patient) -> Node:
    record = patient.record
    node = _root("PERSON", "patient", "Person") | {
        "uid": {"_type": "OBJECT_VERSION_ID", "value": version_uid(patient)},
        "identities": [_identity(name) for name in record.names] or [_unnamed(patient)],
        "details": _tree("Details", _details(patient)),
    }
    contacts = [
        *(_contact(t.use or t.system, t.period, _telecom(t)) for t in record.telecoms),
        *(_contact(a.use or "address", a.period, _address(a)) for a in record.addresses),
    ]
    languages = [_text(each.language) for each in record.communications]
    return node | _said(contacts=contacts, languages=languages)


def _root(kind: str, archetype: str, name: str) -> Node:
    archetype_id = _ARCHETYPE.format(kind=kind, name=archetype)
    return {
        "_type": kind,
        "name": _text(name),
        "archetype_node_id": archetype_id,
        "archetype_details": {
            "_type": "ARCHETYPED",
            "archetype_id": {"_type": "ARCHETYPE_ID", "value": archetype_id},
            "rm_version": "1.1.0",
        },
    }


def _identity(name: HumanName) -> Node:
    items = [
        *_elements("at0001", "Family name", _text, [name.family]),
        *_elements("at0002", "Given name", _text, name.given),
        *_elements("at0003", "Prefix", _text, name.prefix),
        *_elements("at0004", "Suffix", _text, name.suffix),
        *_validity(name.period),
    ]
    return _root("PARTY_IDENTITY", "person_name", name.use) | {"details": _tree("Name", items)}


def _unnamed(patient: Patient) -> Node:
    """The model asks for an identity, also of somebody who has no name yet."""
    items = list(_elements("at0005", "Record number", _text, [patient.mrn]))
    return _root("PARTY_IDENTITY", "person_name", "anonymous") | {"details": _tree("Name", items)}


def _contact(purpose: str, period: Period | None, address: Node) -> Node:
    validity = {"time_validity": _interval(period)} if period else {}
    return _root("CONTACT", "contact", purpose) | validity | {"addresses": [address]}


def _telecom(telecom: Telecom) -> Node:
    items = list(_elements("at0001", telecom.system, _text, [telecom.value]))
    if telecom.rank is not None:
        items += _elements("at0002", "Rank", _count, [telecom.rank])
    return _root("ADDRESS", "electronic", telecom.system) | {"details": _tree("Address", items)}


def _address(address: Address) -> Node:
    items = [
        *_elements("at0001", "Line", _text, address.line),
        *_elements("at0002", "City", _text, [address.city]),
        *_elements("at0003", "District", _text, [address.district]),
        *_elements("at0004", "State", _text, [address.state]),
        *_elements("at0005", "Postal code", _text, [address.postal_code]),
        *_elements("at0006", "Country", _text, [address.country]),
        *_elements("at0007", "Whole", _text, [address.text]),
    ]
    return _root("ADDRESS", "postal", address.type or "address") | {"details": _tree("Address", items)}


def _details(patient: Patient) -> Iterator[Node]:
    record = patient.record
    yield from _elements("at0001", "Identifier", _identifier, [_mrn(patient), *record.identifiers])
    yield from _elements("at0002", "Sex", _gender, [record.gender])
    yield from _elements("at0003", "Gender identity", _coded, [record.gender_identity])
    yield from _elements("at0004", "Date of birth", _date, [record.birth_date])
    yield from _elements("at0005", "Birth order", _count, [record.birth_order])
    if record.deceased:
        yield from _elements("at0006", "Deceased", _boolean, [True])
        yield from _elements("at0007", "Time of death", _date_time, [record.deceased_at])
    yield from _elements("at0008", "Mother's maiden name", _text, [record.mothers_maiden_name])
    yield from _elements("at0009", "Active", _boolean, [record.active and patient.survivor_id is None])
    if patient.survivor_id:
        yield from _elements("at0010", "Merged into", _text, [str(patient.survivor_id)])
    yield from _flags(record)
    yield from _practitioners(record)
    for contact in record.contacts:
        yield _cluster("at0020", "Contact person", _contact_person(contact))


def _flags(record: PatientRecord) -> Iterator[Node]:
    flags = ("restricted", "test", "unidentified", "newborn")
    for position, flag in enumerate(flags, start=11):
        if getattr(record, flag):
            yield from _elements(f"at00{position}", flag.capitalize(), _boolean, [True])
    preferred = [each.language for each in record.communications if each.preferred]
    yield from _elements("at0015", "Preferred language", _text, preferred)


def _practitioners(record: PatientRecord) -> Iterator[Node]:
    for each in record.general_practitioners:
        items = [
            *_elements("at0022", "Name", _text, [each.display]),
            *_elements("at0023", "Identifier", _identifier, [each.identifier]),
        ]
        yield _cluster("at0021", "General practitioner", items)


def _contact_person(contact: Contact) -> Iterator[Node]:
    yield from _elements("at0024", "Relationship", _coded, contact.relationship)
    if contact.name:
        words = (*contact.name.given, contact.name.family)
        yield from _elements("at0022", "Name", _text, [" ".join(word for word in words if word)])
    if contact.gender:
        yield from _elements("at0002", "Sex", _gender, [contact.gender])
    for telecom in contact.telecoms:
        yield from _elements("at0025", telecom.system, _text, [telecom.value])
    if contact.address:
        yield _cluster("at0026", "Address", _address(contact.address)["details"]["items"])
    yield from _validity(contact.period)


def _validity(period: Period | None) -> Iterator[Node]:
    if period:
        yield from _elements("at0030", "Valid from", _date, [period.start])
        yield from _elements("at0031", "Valid to", _date, [period.end])


def _tree(name: str, items: Iterable[Node]) -> Node:
    node = {"_type": "ITEM_TREE", "name": _text(name), "archetype_node_id": "at0000"}
    return node | _said(items=list(items))


def _cluster(code: str, name: str, items: Iterable[Node]) -> Node:
    return {"_type": "CLUSTER", "name": _text(name), "archetype_node_id": code, "items": list(items)}


def _elements(code: str, name: str, value: Any, values: Iterable[Any]) -> Iterator[Node]:
    for each in values:
        if each is not None:
            yield {
                "_type": "ELEMENT",
                "name": _text(name),
                "archetype_node_id": code,
                "value": value(each),
            }


def _said(**lists: list[Node]) -> Node:
    return {name: value for name, value in lists.items() if value}


def _text(value: str) -> Node:
    return {"_type": "DV_TEXT", "value": value}


def _boolean(value: bool) -> Node:  # noqa: FBT001  a value, not a switch
    return {"_type": "DV_BOOLEAN", "value": value}


def _count(value: int) -> Node:
    return {"_type": "DV_COUNT", "magnitude": value}


def _date(value: str) -> Node:
    """ISO 8601, partial where a part is all that is known."""
    return {"_type": "DV_DATE", "value": value}


def _date_time(value: str) -> Node:
    return {"_type": "DV_DATE_TIME" if "T" in value else "DV_DATE", "value": value}


def _coded(coding: Coding) -> Node:
    if coding.system is None:
        return _text(coding.display or coding.code)
    return {
        "_type": "DV_CODED_TEXT",
        "value": coding.display or coding.code,
        "defining_code": {
            "_type": "CODE_PHRASE",
            "terminology_id": {"_type": "TERMINOLOGY_ID", "value": coding.system},
            "code_string": coding.code,
        },
    }


def _gender(value: str) -> Node:
    return _coded(Coding(system="http://hl7.org/fhir/administrative-gender", code=value))


def _mrn(patient: Patient) -> Identifier:
    return Identifier(system=MRN_SYSTEM, value=patient.mrn, type=Coding(code="MR"))


def _identifier(identifier: Identifier) -> Node:
    node = {"_type": "DV_IDENTIFIER", "id": identifier.value, "issuer": identifier.system}
    if identifier.assigner:
        node["assigner"] = identifier.assigner
    if identifier.type:
        node["type"] = identifier.type.code
    return node


def _interval(period: Period) -> Node:
    """DV_INTERVAL of DV_DATE, open where an end is not known."""
    node: Node = {
        "_type": "DV_INTERVAL",
        "lower_unbounded": period.start is None,
        "upper_unbounded": period.end is None,
        "lower_included": period.start is not None,
        "upper_included": period.end is not None,
    }
    if period.start:
        node["lower"] = _date(period.start)
    if period.end:
        node["upper"] = _date(period.end)
    return node
