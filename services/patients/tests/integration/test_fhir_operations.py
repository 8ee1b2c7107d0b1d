"""`$match`, `$ihe-pix`, `$merge` and the feed of identity sources: PDQm ITI-119, PIXm ITI-83 and ITI-104."""

from typing import Any
from uuid import uuid4

import pytest

GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"


def parameters(**values: Any) -> dict[str, Any]:
    """`valueBoolean_name` or `resource_name` by keyword, with - for _ in the name."""
    entries = []
    for key, value in values.items():
        member, _, name = key.partition("_")
        entries.append({"name": name.replace("_", "-"), member: value})
    return {"resourceType": "Parameters", "parameter": entries}


def reference(patient: Any) -> dict[str, str]:
    return {"reference": f"Patient/{patient['id']}"}


async def match(fhir: Any, body: Any) -> list[tuple[str, str]]:
    """Ids with their grades."""
    bundle = await fhir.ask("POST", "/Patient/$match", "Bundle", json=body)
    found = []
    for each in bundle.get("entry", []):
        assert 0 <= each["search"]["score"] <= 1
        (grade,) = each["search"]["extension"]
        assert grade["url"] == GRADE
        found.append((each["resource"]["id"], grade["valueCode"]))
    return found


def without_identifiers(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "identifier"}


async def test_a_patient_is_matched_with_a_score_and_a_grade(fhir: Any, person: dict[str, Any]) -> None:
    created = await fhir.register(person)

    found = await match(fhir, without_identifiers(fhir.of(person)))

    assert [patient_id for patient_id, _ in found] == [created["id"]]


async def test_who_is_certain_is_certain(fhir: Any, person: dict[str, Any]) -> None:
    created = await fhir.register(person)

    body = parameters(resource_resource=fhir.of(person), valueBoolean_onlyCertainMatches=True)
    assert await match(fhir, body) == [(created["id"], "certain")]


async def test_nobody_is_certain_by_name_and_birth_date(fhir: Any, person: dict[str, Any]) -> None:
    await fhir.register(person)

    probe = without_identifiers(fhir.of(person))
    body = parameters(resource_resource=probe, valueBoolean_onlyCertainMatches=True)
    assert await match(fhir, body) == []


async def test_the_best_come_first_and_no_more_than_asked_for(fhir: Any, person: dict[str, Any]) -> None:
    one = await fhir.register(person)
    sibling = person | {"identifiers": [{"system": "urn:example:mrn", "value": uuid4().hex}]}
    other = await fhir.ask(
        "POST", "/Patient?confirm=duplicates", "Patient", 201,
        json=fhir.of(sibling), headers={"Change-Reason": "they share a name"},
    )  # fmt: skip
    probe = fhir.of(person)

    both = await match(fhir, parameters(resource_resource=probe))
    assert {patient_id for patient_id, _ in both} == {one["id"], other["id"]}
    assert both[0] == (one["id"], "certain")
    assert await match(fhir, parameters(resource_resource=probe, valueInteger_count=1)) == both[:1]
    assert await match(fhir, parameters(resource_resource=probe, valueBoolean_onlySingleMatch=True)) == []


async def test_nobody_is_an_empty_bundle(fhir: Any, person: dict[str, Any]) -> None:
    assert await match(fhir, fhir.of(person)) == []


async def test_what_is_not_compared_is_passed_over(fhir: Any, person: dict[str, Any]) -> None:
    await fhir.register(person)

    assert await match(fhir, fhir.of(person) | {"maritalStatus": {"text": "M"}}) != []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"resourceType": "Patient"}, 422),
        ({"resourceType": "Patient", "modifierExtension": [{"url": "urn:x", "valueCode": "y"}]}, 422),
        ({"resourceType": "Observation"}, 422),
        (parameters(valueInteger_count=1), 422),
        (parameters(resource_resource={"resourceType": "Patient", "name": [{"family": "x"}]},
                    valueInteger_count=0), 422),
        ([], 422),
    ],
)  # fmt: skip
async def test_what_cannot_be_matched_is_an_outcome(fhir: Any, body: Any, status: int) -> None:
    await fhir.ask("POST", "/Patient/$match", "OperationOutcome", status, json=body)


async def pix(fhir: Any, source: str, *targets: str) -> tuple[set[tuple[str, str]], list[str]]:
    """Identifiers and references."""
    query = {"sourceIdentifier": source, "targetSystem": list(targets)}
    answer = await fhir.ask("GET", "/Patient/$ihe-pix", "Parameters", params=query)
    return told(answer)


def told(answer: Any) -> tuple[set[tuple[str, str]], list[str]]:
    entries = answer.get("parameter", [])
    values = [each["valueIdentifier"] for each in entries if each["name"] == "targetIdentifier"]
    references = [each["valueReference"]["reference"] for each in entries if each["name"] == "targetId"]
    return {(each["system"], each["value"]) for each in values}, references


async def test_one_identifier_leads_to_the_others(fhir: Any, person: dict[str, Any]) -> None:
    created = await fhir.register(person)
    source, mrn, ehr = [(each["system"], each["value"]) for each in created["identifier"]]
    url = f"http://openward.test/fhir/r4/Patient/{created['id']}"

    assert await pix(fhir, "|".join(source)) == ({mrn, ehr}, [url])
    assert await pix(fhir, "|".join(ehr), "urn:example:mrn") == ({source}, [])
    assert await pix(fhir, f"http://openward.test/fhir/r4|Patient/{created['id']}") == (
        {source, mrn, ehr},
        [],
    )


async def test_it_can_be_asked_without_an_identifier_in_the_url(fhir: Any, person: dict[str, Any]) -> None:
    created = await fhir.register(person)
    source, mrn, _ = created["identifier"]

    body = parameters(valueIdentifier_sourceIdentifier=source, valueUri_targetSystem="urn:openward:mrn")
    answer = await fhir.ask("POST", "/Patient/$ihe-pix", "Parameters", json=body)

    assert told(answer) == ({("urn:openward:mrn", mrn["value"])}, [])


async def test_a_merged_record_lends_its_identifiers(fhir: Any, people: Any) -> None:
    source, target = await fhir.register(people()), await fhir.register(people())
    await merge(fhir, source, target)

    found, references = await pix(fhir, token(source), "urn:example:mrn", "http://openward.test/fhir/r4")

    assert found == {("urn:example:mrn", target["identifier"][0]["value"])}
    assert references == [f"http://openward.test/fhir/r4/Patient/{target['id']}"]


def token(patient: Any) -> str:
    return f"urn:example:mrn|{patient['identifier'][0]['value']}"


@pytest.mark.parametrize(
    ("query", "status", "code", "text"),
    [
        ({"sourceIdentifier": "urn:example:mrn|nobody"}, 404, "not-found", "Identifier not found"),
        ({"sourceIdentifier": "urn:no|x"}, 400, "code-invalid", "Assigning Authority not found"),
        ({"sourceIdentifier": "urn:no|x", "targetSystem": "urn:no"}, 403, "code-invalid", "targetSystem"),
        ({"sourceIdentifier": "urn:example:mrn"}, 400, "invalid", "system|value"),
        ({}, 422, "processing", ""),
    ],
)
async def test_what_is_not_known_is_told_as_pixm_has_it(
    fhir: Any, query: dict[str, str], status: int, code: str, text: str
) -> None:
    outcome = await fhir.ask("GET", "/Patient/$ihe-pix", "OperationOutcome", status, params=query)

    assert outcome["issue"][0]["code"] == code
    assert text in outcome["issue"][0].get("diagnostics", "")


async def feed(fhir: Any, body: Any, status: int, kind: str = "Patient") -> Any:
    query = {"identifier": token(body)}
    return await fhir.ask("PUT", "/Patient", kind, status, params=query, json=body)


async def test_an_identity_source_adds_and_revises(fhir: Any, person: dict[str, Any]) -> None:
    added = await feed(fhir, fhir.of(person), 201)
    revised = await feed(fhir, fhir.of(person) | {"gender": "male"}, 200)

    assert (revised["id"], revised["meta"]["versionId"]) == (added["id"], "2")


async def test_an_identity_source_resolves_a_duplicate(fhir: Any, people: Any) -> None:
    source, target = fhir.of(people()), fhir.of(people())
    duplicate, survivor = await feed(fhir, source, 201), await feed(fhir, target, 201)
    link = {"type": "replaced-by", "other": {"identifier": target["identifier"][0]}}

    merged = await feed(fhir, source | {"active": False, "link": [link]}, 200)
    again = await feed(fhir, source | {"active": False, "link": [link]}, 200)

    assert merged == again
    assert (merged["id"], merged["active"]) == (duplicate["id"], False)
    assert merged["link"] == [{"other": reference(survivor), "type": "replaced-by"}]
    shown = await fhir.ask("GET", f"/Patient/{survivor['id']}", "Patient")
    assert shown["link"] == [{"other": reference(duplicate), "type": "replaces"}]


async def test_a_resource_has_the_identifier_that_it_is_sent_under(fhir: Any, people: Any) -> None:
    query = {"identifier": "urn:example:mrn|another"}

    await fhir.ask("PUT", "/Patient", "OperationOutcome", 422, params=query, json=fhir.of(people()))


@pytest.mark.parametrize("query", ["", "identifier=x", "family=x", "identifier=urn:a|1&identifier=urn:a|2"])
async def test_the_criterion_is_one_identifier(fhir: Any, person: dict[str, Any], query: str) -> None:
    await fhir.ask("PUT", f"/Patient?{query}", "OperationOutcome", 400, json=fhir.of(person))


async def merge(fhir: Any, source: Any, target: Any, **more: Any) -> Any:
    body = parameters(
        valueReference_source_patient=reference(source),
        valueReference_target_patient=reference(target),
        **more,
    )
    return await fhir.ask("POST", "/Patient/$merge", "Parameters", json=body)


async def test_two_patients_are_merged_and_the_answer_is_the_target(fhir: Any, people: Any) -> None:
    source, target = await fhir.register(people()), await fhir.register(people())

    answer = await merge(fhir, source, target)
    again = await merge(fhir, source, target)

    parts = {each["name"]: each["resource"] for each in answer["parameter"]}
    assert parts["result"]["link"] == [{"other": reference(source), "type": "replaces"}]
    assert parts["outcome"]["issue"][0]["severity"] == "information"
    assert again["parameter"][2] == answer["parameter"][2]
    shown = await fhir.ask("GET", f"/Patient/{source['id']}", "Patient")
    assert (shown["active"], shown["link"][0]["type"]) == (False, "replaced-by")


async def test_patients_to_merge_may_be_named_by_identifiers(fhir: Any, people: Any) -> None:
    source, target = await fhir.register(people()), await fhir.register(people())

    body = parameters(
        valueIdentifier_source_patient_identifier=source["identifier"][0],
        valueIdentifier_target_patient_identifier=target["identifier"][1],
    )
    await fhir.ask("POST", "/Patient/$merge", "Parameters", json=body)

    shown = await fhir.ask("GET", f"/Patient/{source['id']}", "Patient")
    assert shown["link"][0]["other"] == reference(target)


async def test_a_preview_merges_nothing(fhir: Any, people: Any) -> None:
    source, target = await fhir.register(people()), await fhir.register(people())

    answer = await merge(fhir, source, target, valueBoolean_preview=True)

    doubts = [each["details"]["coding"][0]["code"] for each in answer["parameter"][1]["resource"]["issue"]]
    assert "birth-date-differs" in doubts
    shown = await fhir.ask("GET", f"/Patient/{source['id']}", "Patient")
    assert shown == source


async def test_a_result_that_copies_values_is_refused(fhir: Any, people: Any) -> None:
    source, target = await fhir.register(people()), await fhir.register(people())
    body = parameters(
        valueReference_source_patient=reference(source),
        valueReference_target_patient=reference(target),
        resource_result_patient=target | {"gender": "other"},
    )

    await fhir.ask("POST", "/Patient/$merge", "OperationOutcome", 422, json=body)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (parameters(), 422),
        (parameters(valueReference_source_patient={"reference": f"Patient/{uuid4()}"},
                    valueReference_target_patient={"reference": "Patient/x"}), 404),
    ],
)  # fmt: skip
async def test_what_names_no_two_patients_is_an_outcome(fhir: Any, body: Any, status: int) -> None:
    await fhir.ask("POST", "/Patient/$merge", "OperationOutcome", status, json=body)


async def test_a_clinician_merges_nobody(fhir: Any, registry: Any, people: Any) -> None:
    source, target = await fhir.register(people()), await fhir.register(people())
    body = parameters(
        valueReference_source_patient=reference(source), valueReference_target_patient=reference(target)
    )

    await fhir.ask(
        "POST", "/Patient/$merge", "OperationOutcome", 403, json=body, headers=registry.headers("clinician")
    )
