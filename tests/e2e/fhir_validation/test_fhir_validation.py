"""What the stack answers in FHIR R4, by HL7's own definitions (HAPI's validator), and to HAPI's client."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import pytest
from openward_cli.demo.client import Client
from openward_cli.stack import Stack
from openward_cli.token import service_token
from openward_testkit import fhir_record, fhir_registry
from openward_testkit.clinic import CLINICIAN, Clinic, Person
from openward_testkit.fhir_answers import BASE, Answer, Answers, Json, references, resources

Validated = Callable[[Iterable[Answer]], list[dict[str, Any]]]

#: What the validator cannot know here: code systems that it has no contents of.
_NOT_HAD: Final = ("content=not-present",)
_PROFILES: Final = "http://hl7.org/fhir/StructureDefinition/"


@pytest.fixture(scope="session")
async def answers(client: Client, stack: Stack) -> Answers:
    return Answers(client, f"{stack.gateway_url}{BASE}")


@pytest.fixture(scope="session")
async def swept(answers: Answers, clinic: Clinic) -> Person:
    """Somebody with a record; everything else that was answered is in `answers`."""
    await fhir_registry.sweep(answers)
    return await fhir_record.sweep(answers, clinic)


def whole(answers: Answers) -> Sequence[Any]:
    """Resources by themselves and within bundles."""
    return [each for answer in answers.found for each in (answer.resource, *resources(answer.resource))]


async def test_every_answer_is_valid_fhir(answers: Answers, swept: Person, validated: Validated) -> None:
    assert swept.patient_id
    wrong = [
        (issue["name"], issue["location"], issue["message"])
        for issue in validated([*answers.found, *_wrong()])
        if issue["severity"] in {"error", "fatal"} and not any(part in issue["message"] for part in _NOT_HAD)
    ]

    assert [each for each in wrong if each[0] not in _WRONG] == []
    assert {name for name, _, _ in wrong} == set(_WRONG)


async def test_every_kind_of_answer_was_seen(answers: Answers, swept: Person) -> None:
    assert swept.patient_id
    seen = whole(answers)
    kinds = {each["resourceType"] for each in seen}
    assert kinds == {
        *("Bundle", "CapabilityStatement", "Encounter", "Observation", "OperationOutcome", "Parameters"),
        "Patient",
    }
    observations = [each for each in seen if each["resourceType"] == "Observation"]
    assert {
        profile.removeprefix(_PROFILES) for each in observations for profile in each["meta"]["profile"]
    } == {*("bp", "heartrate", "bodytemp", "resprate", "oxygensat", "bodyweight", "bodyheight")}
    absent = [
        each["dataAbsentReason"]["coding"][0]["code"] for each in observations if "dataAbsentReason" in each
    ]
    assert set(absent) == {"unknown", "masked", "not-applicable"}
    for element in ("interpretation", "referenceRange", "extension", "component"):
        assert any(element in each for each in observations), element
    encounters = [each for each in seen if each["resourceType"] == "Encounter"]
    assert {each["status"] for each in encounters} == {
        *(
            "planned",
            "arrived",
            "triaged",
            "in-progress",
            "onleave",
            "finished",
            "cancelled",
            "entered-in-error",
        )
    }
    assert len({each["class"]["code"] for each in encounters}) == 11


async def test_what_is_referred_to_is_there(answers: Answers, swept: Person, client: Client) -> None:
    assert swept.patient_id
    clinical = [each for each in whole(answers) if each["resourceType"] in {"Observation", "Encounter"}]
    named = {reference for each in clinical for reference in references(each)}
    assert {name.partition("/")[0] for name in named} == {"Patient", "Encounter"}
    for name in sorted(named):
        answer = await client.send(CLINICIAN, "GET", f"{BASE}/{name}")
        assert (answer.status, f"{answer.body['resourceType']}/{answer.body['id']}") == (200, name)


async def test_search_sets_say_what_their_entries_are(answers: Answers, swept: Person) -> None:
    assert swept.patient_id
    sets = [each.resource for each in answers.found if each.resource.get("type") == "searchset"]
    assert len(sets) > 20
    for bundle in sets:
        assert "self" in [link["relation"] for link in bundle["link"]]
        for entry in bundle.get("entry", ()):
            resource = entry["resource"]
            assert entry["search"]["mode"] in {"match", "include", "outcome"}
            if resource["resourceType"] != "OperationOutcome":
                assert entry["fullUrl"] == f"{answers.base}/{resource['resourceType']}/{resource['id']}"


async def test_hapis_client_works_through_the_gateway(
    answers: Answers, swept: Person, stack: Stack, asked: Callable[[str, str, str], dict[str, str]]
) -> None:
    token = await service_token(stack, "svc-integration")
    seen = asked(answers.base, token, swept.patient_id)

    assert seen == dict.fromkeys(seen, "ok")
    assert len(seen) == 26


#: The validator does validate: each of these breaks one rule of R4 or of a profile.
_WRONG: Final[dict[str, Json]] = {
    "a code that is none": {"resourceType": "Patient", "gender": "green"},
    "a heart rate in another unit": {
        "resourceType": "Observation",
        "meta": {"profile": [f"{_PROFILES}heartrate"]},
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "vital-signs",
                    }
                ]
            }
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2026-11-20T10:00:00Z",
        "valueQuantity": {
            "value": 70, "unit": "Hz", "system": "http://unitsofmeasure.org", "code": "Hz"
        },
    },
    "an outcome without an issue": {"resourceType": "OperationOutcome"},
}  # fmt: skip


def _wrong() -> Sequence[Answer]:
    return [Answer(name, resource) for name, resource in _WRONG.items()]
