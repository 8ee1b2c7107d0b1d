"""Whatever is sent: an answer in FHIR, and none that is our fault."""

import json
import random
from typing import Any

import pytest

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "meta": {
        "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N"}]
    },
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName", "valueString": "Byrne"},
        {
            "url": "http://hl7.org/fhir/StructureDefinition/patient-genderIdentity",
            "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "1"}]},
        },
    ],
    "identifier": [{"system": "urn:example:fuzz", "value": "1", "type": {"coding": [{"code": "NI"}]}}],
    "active": True,
    "name": [{"family": "Fuzz", "given": ["Ann"], "period": {"start": "2001"}}],
    "telecom": [{"system": "phone", "value": "+441632960001", "rank": 1}],
    "gender": "female",
    "birthDate": "1980-02-29",
    "deceasedDateTime": "2020-01-01T10:00:00Z",
    "address": [{"line": ["1 High St"], "postalCode": "CB1"}],
    "multipleBirthInteger": 2,
    "contact": [{"relationship": [{"coding": [{"code": "N"}]}], "name": {"family": "Roe"}}],
    "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en"}]}}],
    "generalPractitioner": [{"display": "Dr Smith"}],
    "link": [{"other": {"reference": "Patient/1"}, "type": "refer"}],
}
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, "", " ", "\u202e", "\x00", "x" * 5000, "1980-13-45", "9999", [], [[]], [None],
    {}, {"a": {}}, [{}], {"coding": "x"}, {"coding": [1]}, "Ω" * 40, "2020-01-01T25:00:00Z", "|", "urn:x|",
)  # fmt: skip
NAMES = (
    "_id", "active", "family", "given", "identifier", "telecom", "birthdate", "address", "address-city",
    "gender", "mothersMaidenName", "name", "_count", "_total", "_cursor", "_format",
    "family:exact", "given:x", "x",
)  # fmt: skip
WORDS = (
    "mohr", "a,b", "\\,", "\\", "|", "urn:x|1", "urn:openward:mrn|", "urn:openward:ehr|x", "ge1980", "lt0001",
    "gt9999-12-31", "1980-02-30", "\u0000", "\u202e", "é" * 300, "-1", "1" * 400, "phone|", "a@b",
    "male,female", "json", "%", "_", "*", "' or 1=1 --", "\ud7ff", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip


def mutated(value: Any, chance: random.Random) -> Any:
    """A copy with one part replaced, removed or doubled."""
    copy = json.loads(json.dumps(value))
    node: Any = copy
    parent: Any = None
    key: Any = None
    while isinstance(node, dict | list) and node and (parent is None or chance.random() < 0.75):
        parent = node
        key = chance.choice(list(node)) if isinstance(node, dict) else chance.randrange(len(node))
        node = node[key]
    match chance.randrange(4):
        case 0:
            del parent[key]
        case 1 if isinstance(parent, dict):
            parent[chance.choice(("extension", "modifierExtension", "id", "_family", "foo", "text"))] = node
        case _:
            parent[key] = chance.choice(ODD)
    return copy


def in_parameters(patient: Any) -> Any:
    reference = {"reference": "Patient/1"}
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "resource", "resource": patient},
            {"name": "onlyCertainMatches", "valueBoolean": True},
            {"name": "count", "valueInteger": 1},
            {"name": "sourceIdentifier", "valueIdentifier": {"system": "urn:example:fuzz", "value": "1"}},
            {"name": "targetSystem", "valueUri": "urn:openward:mrn"},
            {"name": "source-patient", "valueReference": reference},
            {"name": "target-patient", "valueReference": reference},
            {"name": "result-patient", "resource": patient},
        ],
    }


async def check(fhir: Any, method: str, path: str, **options: Any) -> None:
    answer = await fhir.send(method, path, **options)
    assert answer.status_code < 500, (path, options, answer.text)
    assert answer.headers["content-type"] in {"application/fhir+json", "application/json"}
    assert "resourceType" in answer.json()


@pytest.mark.parametrize("seed", range(100, 130))
async def test_odd_resources_are_answered(fhir: Any, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  to be repeatable
    for _ in range(20):
        patient = mutated(PATIENT, chance)
        path = chance.choice(("/Patient", "/Patient?identifier=urn:example:fuzz|1", "/Patient/$match"))
        await check(fhir, "PUT" if "?" in path else "POST", path, json=patient)
        path = chance.choice(("/Patient/$match", "/Patient/$merge", "/Patient/$ihe-pix"))
        await check(fhir, "POST", path, json=mutated(in_parameters(PATIENT), chance))


@pytest.mark.parametrize("seed", range(100, 120))
async def test_odd_searches_are_answered(fhir: Any, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  to be repeatable
    for _ in range(30):
        pairs = [(chance.choice(NAMES), chance.choice(WORDS)) for _ in range(chance.randrange(1, 4))]
        if chance.random() < 0.5:
            await check(fhir, "GET", "/Patient", params=pairs)
        else:
            await check(fhir, "POST", "/Patient/_search", data=dict(pairs))
