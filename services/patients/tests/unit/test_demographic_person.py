"""What of a record stands where in an openEHR PERSON (RM 1.1, demographic_im)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId
from patients.api.demographic_person import encoded, person
from patients.domain.patient import Change, EhrState, Patient
from patients.domain.record import PatientRecord

PATIENT_ID = PatientId("3f0e7c1a-52a5-4e8e-9c07-5b3a1e9d7f10")
FULL = {
    "names": [{"use": "official", "family": "O'Neill", "given": ["Zoë", "Ann"], "prefix": ["Dr"]}],
    "gender": "female",
    "gender_identity": {"system": "http://snomed.info/sct", "code": "446141000124107", "display": "Female"},
    "birth_date": "1980-02",
    "multiple_birth": 2,
    "deceased": True,
    "deceased_at": "2020-01-01T10:00:00+01:00",
    "identifiers": [
        {"system": "urn:example:nhs", "value": "943", "type": {"code": "NI"}, "assigner": "NHS"},
    ],
    "telecoms": [{"system": "phone", "value": "+441632960001", "use": "home", "rank": 1}],
    "addresses": [{"use": "home", "line": ["1 High St"], "city": "Ely", "period": {"start": "2001"}}],
    "contacts": [
        {
            "relationship": [{"code": "N", "system": "http://terminology.hl7.org/CodeSystem/v2-0131"}],
            "name": {"family": "Roe", "given": ["Jo"]},
            "telecoms": [{"system": "email", "value": "jo@example.org"}],
        }
    ],
    "communications": [{"language": "en-GB", "preferred": True}, {"language": "ga"}],
    "general_practitioners": [{"display": "Dr Smith"}],
    "mothers_maiden_name": "Byrne",
}


def made(document: dict[str, Any], survivor: PatientId | None = None) -> dict[str, Any]:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    change = Change(now, Actor(sub="ada", client_id="web", roles=("clerk",)), ())
    patient = Patient(
        id=PATIENT_ID,
        version=3,
        mrn="000000013",
        record=PatientRecord.model_validate(document),
        ehr_id=EhrId.new(),
        ehr_state=EhrState.READY,
        created_at=now,
        change=change,
        survivor_id=survivor,
    )
    found: dict[str, Any] = json.loads(encoded(person(patient)))
    return found


def values(node: dict[str, Any], name: str) -> list[Any]:
    """Of all elements of that name, anywhere below."""
    found = []
    for each in node.get("items", []):
        if each["_type"] == "CLUSTER":
            found += values(each, name)
        elif each["name"]["value"] == name:
            value = each["value"]
            found.append(value.get("value", value.get("magnitude", value.get("id"))))
    return found


def test_names_are_identities_with_their_use() -> None:
    (identity,) = made(FULL)["identities"]

    assert (identity["_type"], identity["name"]["value"]) == ("PARTY_IDENTITY", "official")
    assert values(identity["details"], "Given name") == ["Zoë", "Ann"]
    assert values(identity["details"], "Family name") == ["O'Neill"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Identifier", ["000000013", "943"]),
        ("Sex", ["female"]),
        ("Gender identity", ["Female"]),
        ("Date of birth", ["1980-02"]),
        ("Birth order", [2]),
        ("Time of death", ["2020-01-01T10:00:00+01:00"]),
        ("Mother's maiden name", ["Byrne"]),
        ("Preferred language", ["en-GB"]),
        ("Relationship", ["N"]),
        ("Name", ["Dr Smith", "Jo Roe"]),
        ("email", ["jo@example.org"]),
        ("Active", [True]),
    ],
)
def test_everything_else_is_a_detail(name: str, expected: list[Any]) -> None:
    assert values(made(FULL)["details"], name) == expected


def test_telecoms_and_addresses_are_contacts() -> None:
    phone, home = made(FULL)["contacts"]

    assert values(phone["addresses"][0]["details"], "phone") == ["+441632960001"]
    assert values(home["addresses"][0]["details"], "City") == ["Ely"]
    assert home["time_validity"]["lower"] == {"_type": "DV_DATE", "value": "2001"}
    assert home["time_validity"]["upper_unbounded"]


def test_languages_are_the_actors() -> None:
    assert [each["value"] for each in made(FULL)["languages"]] == ["en-GB", "ga"]


def test_who_has_no_name_has_an_identity_all_the_same() -> None:
    (identity,) = made({"unidentified": True})["identities"]

    assert identity["name"]["value"] == "anonymous"
    assert values(identity["details"], "Record number") == ["000000013"]


def test_a_merged_person_is_not_active_and_says_into_whom() -> None:
    survivor = PatientId.new()

    details = made(FULL, survivor)["details"]

    assert (values(details, "Active"), values(details, "Merged into")) == ([False], [str(survivor)])


def test_every_node_has_what_the_model_asks_of_a_locatable() -> None:
    def check(node: Any) -> None:
        if isinstance(node, list):
            for each in node:
                check(each)
        elif isinstance(node, dict):
            assert "_type" in node
            if "archetype_node_id" in node:
                assert node["name"]["value"]
            if node["_type"] in {"ITEM_TREE", "CLUSTER"}:
                assert node.get("items") != []
            for value in node.values():
                check(value)

    check(made(FULL))
