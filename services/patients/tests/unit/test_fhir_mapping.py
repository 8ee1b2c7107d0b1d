"""A record says the same in FHIR and back, and FHIR that a record cannot say is refused by its path."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import fhirkit
import pytest
from fhir.resources.R4B.patient import Patient as PatientModel
from hypothesis import given
from hypothesis import strategies as st
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.errors import Invalid
from patients.api.fhir.incoming import ElementNotSupported, ResourceInvalid, read_patient, read_probe
from patients.api.fhir.outgoing import links, patient_resource
from patients.domain.patient import Change, EhrState, Patient
from patients.domain.record import (
    AddressType,
    AddressUse,
    Gender,
    IdentifierUse,
    NameUse,
    PatientRecord,
    TelecomSystem,
    TelecomUse,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
MINIMAL = {"resourceType": "Patient", "name": [{"family": "Mohr"}]}
RECORD = PatientRecord.model_validate({"names": [{"family": "Mohr"}]})


def patient(record: PatientRecord, survivor: PatientId | None = None) -> Patient:
    change = Change(NOW, Actor(sub="ada", client_id="web", roles=("clerk",)), ())
    return Patient(
        id=PatientId.new(),
        version=3,
        mrn="000000013",
        record=record,
        ehr_id=EhrId.new(),
        ehr_state=EhrState.READY,
        created_at=NOW,
        change=change,
        survivor_id=survivor,
    )


def read(resource: dict[str, Any], before: Patient | None = None, *, strict: bool = True) -> PatientRecord:
    return read_patient(resource, before, strict=strict).record


text = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12)
texts = st.lists(text, max_size=3).map(tuple)
code = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,8}", fullmatch=True)
system = st.from_regex(r"urn:example:[a-z]{1,8}", fullmatch=True)
days = st.dates(date(1900, 1, 1), date(2025, 1, 1)).map(date.isoformat)
partial = days.flatmap(lambda day: st.sampled_from([day, day[:7], day[:4]]))
moments = st.datetimes(
    datetime(1990, 1, 1), datetime(2025, 1, 1),  # noqa: DTZ001  `timezones` adds one
    timezones=st.integers(-12, 12).map(lambda hours: timezone(timedelta(hours=hours))),
).map(datetime.isoformat)  # fmt: skip


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """With any of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


def many(value: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(value, max_size=2)


period = st.fixed_dictionaries({"start": partial}) | st.fixed_dictionaries({"end": partial})
coding = st.fixed_dictionaries({"code": code}, optional={"system": system, "display": text})
name = st.fixed_dictionaries(
    {"family": text},
    optional={
        "use": st.sampled_from(NameUse),
        "given": texts,
        "prefix": texts,
        "suffix": texts,
        "period": period,
    },
)
telecom = st.fixed_dictionaries(
    {"system": st.sampled_from(TelecomSystem), "value": text},
    optional={"use": st.sampled_from(TelecomUse), "rank": st.integers(1, 9), "period": period},
)
address = st.fixed_dictionaries(
    {"city": text},
    optional={
        "use": st.sampled_from(AddressUse), "type": st.sampled_from(AddressType), "text": text, "line": texts,
        "district": text, "state": text, "postal_code": text, "country": text, "period": period,
    },
)  # fmt: skip
identifier = st.fixed_dictionaries(
    {"system": system, "value": text},
    optional={"use": st.sampled_from(IdentifierUse), "type": coding, "period": period, "assigner": text},
)
contact = st.fixed_dictionaries(
    {"name": name},
    optional={
        "relationship": many(coding), "telecoms": many(telecom), "address": address,
        "gender": st.sampled_from(Gender), "period": period,
    },
)  # fmt: skip
practitioner = st.fixed_dictionaries({"display": text}, optional={"identifier": identifier})
records = st.fixed_dictionaries(
    {"names": st.lists(name, min_size=1, max_size=3)},
    optional={
        "gender": st.sampled_from(Gender),
        "gender_identity": coding,
        "birth_date": partial.filter(lambda day: day < "1990"),
        "multiple_birth": st.integers(1, 5),
        "deceased": st.just(True),  # noqa: FBT003  a value
        "identifiers": many(identifier),
        "telecoms": many(telecom),
        "addresses": many(address),
        "contacts": many(contact),
        "communications": many(some(preferred=st.booleans()).map(lambda more: {"language": "en", **more})),
        "general_practitioners": many(practitioner),
        "mothers_maiden_name": text,
        **dict.fromkeys(("active", "restricted", "test", "unidentified", "newborn"), st.booleans()),
    },
).map(PatientRecord.model_validate)  # fmt: skip


@given(records, st.none() | moments)
def test_a_record_is_the_same_after_a_way_through_fhir(record: PatientRecord, died: str | None) -> None:
    if died:
        record = PatientRecord.model_validate(
            record.model_dump() | {"deceased": True, "deceased_at": died, "birth_date": None}
        )
    known = patient(record)

    element = json.loads(json.dumps(patient_resource(known)))

    assert fhirkit.validate(element) == []
    PatientModel.model_validate(element)
    assert read(element, known) == record


@given(records)
def test_what_is_sent_without_the_registrys_part_is_the_same_record(record: PatientRecord) -> None:
    element = patient_resource(patient(record))
    element["identifier"] = element["identifier"][:-2]
    if not element["identifier"]:
        del element["identifier"]

    assert read(element) == record


def test_what_the_registry_adds_is_shown() -> None:
    known = patient(RECORD)

    element = patient_resource(known)

    assert element["meta"] == {"versionId": "3", "lastUpdated": "2026-01-02T03:04:05.678Z"}
    assert [(each["system"], each["value"]) for each in element["identifier"]] == [
        ("urn:openward:mrn", "000000013"),
        ("urn:openward:ehr", str(known.ehr_id)),
    ]


def test_a_merged_patient_is_not_active_and_names_the_survivor() -> None:
    survivor = PatientId.new()

    element = patient_resource(patient(RECORD, survivor))

    assert (element["active"], element["link"]) == (
        False,
        [{"other": {"reference": f"Patient/{survivor}"}, "type": "replaced-by"}],
    )


def test_only_identifiers_of_the_wanted_systems_are_shown() -> None:
    element = patient_resource(patient(RECORD), only={"urn:openward:mrn"})

    assert [each["system"] for each in element["identifier"]] == ["urn:openward:mrn"]


@pytest.mark.parametrize(
    ("element", "pointer"),
    [
        ({"maritalStatus": {"text": "M"}}, "/maritalStatus/coding"),
        ({"managingOrganization": {"reference": "Organization/1"}}, "/managingOrganization"),
        ({"contained": [{"resourceType": "Organization"}]}, "/contained"),
        ({"implicitRules": "urn:x"}, "/implicitRules"),
        ({"modifierExtension": [{"url": "urn:x", "valueCode": "y"}]}, "/modifierExtension"),
        ({"name": [{"text": "Ann Mohr"}]}, "/name/0/text"),
        ({"contact": [{"organization": {"display": "x"}}]}, "/contact/0/organization"),
        ({"generalPractitioner": [{"reference": "Practitioner/1"}]}, "/generalPractitioner/0/reference"),
        ({"communication": [{"language": {"text": "English"}}]}, "/communication/0/language/coding"),
        (
            {"identifier": [{"system": "urn:x", "value": "1", "type": {"text": "T"}}]},
            "/identifier/0/type/coding",
        ),
        ({"meta": {"tag": [{"system": "urn:x", "code": "y"}]}}, "/meta/tag/0"),
        (
            {"meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
                                    "code": "V"}]}},
            "/meta/security/0",
        ),
    ],
)  # fmt: skip
def test_what_would_be_lost_is_refused_by_its_place(element: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ElementNotSupported) as refused:
        read(MINIMAL | element)

    assert [each.pointer for each in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    ("element", "pointer"),
    [
        ({"gender": "zzz"}, "/gender"),
        ({"birthDate": "1980-13"}, "/birthDate"),
        ({"birthDate": "2180"}, "/birthDate"),
        ({"active": "true"}, "/active"),
        ({"name": [{"family": "\u202eMohr"}]}, "/name/0/family"),
        ({"telecom": [{"value": "1"}]}, "/telecom/0/system"),
        ({"address": [{"postalCode": "x" * 30}]}, "/address/0/postalCode"),
        ({"identifier": [{"value": "1"}]}, "/identifier/0/system"),
        ({"identifier": [{"system": "urn:openward:mrn", "value": "1"}]}, "/identifier/0"),
        ({"link": [{"type": "seealso", "other": {"reference": "Patient/1"}}]}, "/link/0"),
        ({"name": None}, "/name"),
        ({"nome": "x"}, "/nome"),
    ],
)
def test_what_is_wrong_is_refused_by_its_place_without_its_value(
    element: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read(MINIMAL | element)

    assert pointer in [each.pointer for each in refused.value.errors]
    assert "Mohr" not in str([each.detail for each in refused.value.errors])


@pytest.mark.parametrize(
    "element",
    [
        {"text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}},
        {"id": "elsewhere", "meta": {"versionId": "7", "profile": ["http://example.org/p"]}},
        {"language": "en"},
        {"name": [{"id": "1", "text": "Mohr", "family": "Mohr"}]},
    ],
)
def test_what_only_shows_the_rest_is_taken_and_not_kept(element: dict[str, Any]) -> None:
    assert read(MINIMAL | element) == RECORD


def test_extensions_that_are_not_known_are_ignored_and_named() -> None:
    unknown = [{"url": "urn:x", "valueCode": "y"}]
    resource = MINIMAL | {
        "extension": unknown,
        "_birthDate": {"extension": unknown},
        "name": [{"family": "Mohr", "extension": unknown}],
    }

    found = read_patient(resource, strict=False)

    assert found.record == RECORD
    assert set(found.ignored) == {"/extension/0", "/_birthDate", "/name/0/extension"}


def test_a_restriction_and_a_test_tag_stay_until_they_are_taken_away() -> None:
    known = patient(RECORD.model_copy(update={"restricted": True, "test": True}))
    normal = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N"}

    assert read(MINIMAL, known).restricted
    assert read(MINIMAL, known).test
    assert not read(MINIMAL | {"meta": {"security": [normal]}}, known).restricted


def test_links_that_are_there_may_be_sent_back() -> None:
    known = patient(RECORD)
    there = links(known, [PatientId.new()])

    assert read_patient(MINIMAL | {"link": there}, known, there, strict=True).record == RECORD
    with pytest.raises(ResourceInvalid):
        read_patient(MINIMAL | {"link": there}, known, (), strict=True)


def test_a_probe_passes_over_what_is_not_compared() -> None:
    resource = MINIMAL | {"maritalStatus": {"text": "M"}, "link": [], "meta": {"tag": [{"code": "y"}]}}
    del resource["link"]

    assert read_probe(resource) == RECORD


def test_a_probe_with_a_modifier_is_refused() -> None:
    modified = MINIMAL | {"modifierExtension": [{"url": "urn:x", "valueCode": "y"}]}

    with pytest.raises(ElementNotSupported):
        read_probe(modified)
