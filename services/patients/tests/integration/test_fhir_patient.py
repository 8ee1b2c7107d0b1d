"""Patients over FHIR: created, read, versioned and updated."""

from typing import Any
from uuid import uuid4

import pytest


async def test_what_is_created_is_read_again(fhir: Any, person: dict[str, Any]) -> None:
    created = await fhir.register(person)

    read = await fhir.ask("GET", f"/Patient/{created['id']}", "Patient")

    assert read == created
    assert read["name"][0]["family"] == person["names"][0]["family"]


async def test_the_registrys_own_identifiers_come_with_it(fhir: Any, person: dict[str, Any]) -> None:
    created = await fhir.register(person)

    systems = [each["system"] for each in created["identifier"]]
    assert systems == ["urn:example:mrn", "urn:openward:mrn", "urn:openward:ehr"]


async def test_it_is_the_same_patient_as_in_the_registrys_own_api(
    fhir: Any, registry: Any, person: dict[str, Any]
) -> None:
    created = await fhir.register(person, communication=[{"language": {"coding": [LANGUAGE]}}])

    own = (await registry.get(f"/api/patients/v1/patients/{created['id']}")).json()

    assert own["names"][0]["family"] == person["names"][0]["family"]
    assert own["communications"] == [{"language": "en-GB", "preferred": False}]


LANGUAGE = {"system": "urn:ietf:bcp:47", "code": "en-GB"}


async def test_headers_say_where_and_which_version(fhir: Any, person: dict[str, Any]) -> None:
    answer = await fhir.send("POST", "/Patient", json=fhir.of(person))

    url = f"http://openward.test/fhir/r4/Patient/{answer.json()['id']}/_history/1"
    assert (answer.headers["location"], answer.headers["etag"]) == (url, 'W/"1"')
    assert answer.headers["last-modified"].endswith(" GMT")


async def test_who_has_the_version_gets_it_no_second_time(fhir: Any, person: dict[str, Any]) -> None:
    created = await fhir.register(person)

    first = await fhir.send("GET", f"/Patient/{created['id']}")
    answer = await fhir.send("GET", f"/Patient/{created['id']}", {"If-None-Match": 'W/"1"'})

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", 'W/"1"')
    for name in ("cache-control", "last-modified"):
        assert answer.headers[name] == first.headers[name]


async def test_what_was_read_can_be_sent_back_changed(fhir: Any, person: dict[str, Any]) -> None:
    created = await fhir.register(person)
    path = f"/Patient/{created['id']}"

    updated = await fhir.ask(
        "PUT", path, "Patient", json=created | {"gender": "other"}, headers={"If-Match": 'W/"1"'}
    )

    assert (updated["gender"], updated["meta"]["versionId"]) == ("other", "2")
    first = await fhir.ask("GET", f"{path}/_history/1", "Patient")
    assert first == created


async def test_the_history_has_every_version_newest_first(fhir: Any, person: dict[str, Any]) -> None:
    created = await fhir.register(person)
    path = f"/Patient/{created['id']}"
    await fhir.send("PUT", path, {"If-Match": 'W/"1"'}, json=created | {"gender": "other"})

    bundle = await fhir.ask("GET", f"{path}/_history", "Bundle")

    assert (bundle["type"], bundle["total"]) == ("history", 2)
    assert [each["response"]["etag"] for each in bundle["entry"]] == ['W/"2"', 'W/"1"']
    assert [each["request"]["method"] for each in bundle["entry"]] == ["PUT", "POST"]


@pytest.mark.parametrize(("version", "status"), [(None, 428), ('W/"7"', 412), ("x", 400)])
async def test_an_update_names_the_version_it_is_of(
    fhir: Any, person: dict[str, Any], version: str | None, status: int
) -> None:
    created = await fhir.register(person)

    headers = {"If-Match": version} if version else {}
    await fhir.ask(
        "PUT", f"/Patient/{created['id']}", "OperationOutcome", status, json=created, headers=headers
    )


async def test_an_update_of_nobody_makes_nobody(fhir: Any, person: dict[str, Any]) -> None:
    path = f"/Patient/{uuid4()}"

    await fhir.ask("PUT", path, "OperationOutcome", 404, json=fhir.of(person), headers={"If-Match": 'W/"1"'})


async def test_a_restriction_outlives_an_update_that_does_not_mention_it(
    fhir: Any, registry: Any, person: dict[str, Any]
) -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    created = await fhir.register(person, meta={"security": [label]})
    officer = registry.headers("privacy-officer")
    path = f"/Patient/{created['id']}"

    await fhir.ask("GET", path, "OperationOutcome", 404)
    without = {name: value for name, value in created.items() if name != "meta"}
    updated = await fhir.ask("PUT", path, "Patient", json=without, headers=officer | {"If-Match": 'W/"1"'})

    assert updated["meta"]["security"][0]["code"] == "R"
    lifted = without | {"meta": {"security": [label | {"code": "N"}]}}
    shown = await fhir.ask("PUT", path, "Patient", json=lifted, headers=officer | {"If-Match": 'W/"1"'})
    assert "security" not in shown["meta"]


async def test_elements_that_would_be_lost_are_refused_by_their_path(
    fhir: Any, person: dict[str, Any]
) -> None:
    body = fhir.of(person) | {"managingOrganization": {"display": "x"}, "photo": [{"title": "x"}]}

    outcome = await fhir.ask("POST", "/Patient", "OperationOutcome", 422, json=body)

    issues = [(each["code"], each["expression"]) for each in outcome["issue"][1:]]
    assert issues == [
        ("not-supported", ["Patient.managingOrganization"]),
        ("not-supported", ["Patient.photo"]),
    ]


async def test_an_extension_that_is_not_known_is_ignored_and_told(fhir: Any, person: dict[str, Any]) -> None:
    body = fhir.of(person) | {"extension": [{"url": "http://example.org/x", "valueCode": "y"}]}

    outcome = await fhir.ask(
        "POST", "/Patient", "OperationOutcome", 201, json=body, headers={"Prefer": "return=OperationOutcome"}
    )

    assert [(each["severity"], each["expression"]) for each in outcome["issue"]] == [
        ("warning", ["Patient.extension[0]"])
    ]


async def test_strict_handling_refuses_it(fhir: Any, person: dict[str, Any]) -> None:
    body = fhir.of(person) | {"extension": [{"url": "http://example.org/x", "valueCode": "y"}]}

    await fhir.ask(
        "POST", "/Patient", "OperationOutcome", 422, json=body, headers={"Prefer": "handling=strict"}
    )


async def test_a_minimal_answer_has_no_body(fhir: Any, person: dict[str, Any]) -> None:
    answer = await fhir.send("POST", "/Patient", {"Prefer": "return=minimal"}, json=fhir.of(person))

    assert (answer.status_code, answer.content) == (201, b"")
    assert "/_history/1" in answer.headers["location"]


async def test_nobody_is_created_who_exists_by_the_identifier(fhir: Any, person: dict[str, Any]) -> None:
    created = await fhir.register(person)
    criterion = f"identifier=urn:example:mrn|{person['identifiers'][0]['value']}"

    again = await fhir.ask(
        "POST", "/Patient", "Patient", json=fhir.of(person), headers={"If-None-Exist": criterion}
    )

    assert again["id"] == created["id"]


async def test_a_possible_duplicate_is_named_by_id(fhir: Any, person: dict[str, Any]) -> None:
    created = await fhir.register(person)
    body = fhir.of(person) | {"identifier": []}
    del body["identifier"]

    outcome = await fhir.ask("POST", "/Patient", "OperationOutcome", 409, json=body)

    candidate = outcome["issue"][1]
    assert candidate["code"] == "duplicate"
    assert candidate["details"]["coding"][0]["code"] == f"urn:uuid:{created['id']}"
    assert person["names"][0]["family"] not in str(outcome)


async def test_an_identifier_belongs_to_one(fhir: Any, people: Any) -> None:
    one, other = people(), people()
    await fhir.register(one)

    outcome = await fhir.ask(
        "POST", "/Patient", "OperationOutcome", 409, json=fhir.of(other | {"identifiers": one["identifiers"]})
    )

    assert outcome["issue"][0]["code"] == "duplicate"


async def test_a_repeated_create_with_its_key_makes_one_patient(fhir: Any, person: dict[str, Any]) -> None:
    key = {"Idempotency-Key": uuid4().hex}

    first = await fhir.ask("POST", "/Patient", "Patient", 201, json=fhir.of(person), headers=key)
    second = await fhir.ask("POST", "/Patient", "Patient", 201, json=fhir.of(person), headers=key)

    assert first == second


@pytest.mark.parametrize("given", ["application/fhir+xml", "text/html"])
async def test_xml_is_not_answered(fhir: Any, person: dict[str, Any], given: str) -> None:
    created = await fhir.register(person)

    outcome = await fhir.ask(
        "GET", f"/Patient/{created['id']}", "OperationOutcome", 406, headers={"Accept": given}
    )

    assert outcome["issue"][0]["code"] == "not-supported"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/Patient/none", {}, 404, "not-found"),
        ("GET", "/Nothing", {}, 404, "not-found"),
        ("DELETE", "/Patient?identifier=urn:x|1", {}, 405, "not-supported"),
        ("GET", "/Patient?family=mohr", {"Authorization": ""}, 401, "login"),
        ("POST", "/Patient", {"Content-Type": "application/fhir+xml"}, 415, "not-supported"),
        ("POST", "/Patient", {"Content-Type": "application/fhir+json"}, 400, "invalid"),
    ],
)
async def test_every_error_is_an_outcome(
    fhir: Any, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    outcome = await fhir.ask(
        method, path, "OperationOutcome", status, headers=headers, content=b"<" if method == "POST" else b""
    )

    assert outcome["issue"][0]["code"] == code


async def test_a_clinician_reads_and_does_not_create(
    fhir: Any, registry: Any, person: dict[str, Any]
) -> None:
    created = await fhir.register(person)
    clinician = registry.headers("clinician")

    await fhir.ask("GET", f"/Patient/{created['id']}", "Patient", headers=clinician)
    outcome = await fhir.ask(
        "POST", "/Patient", "OperationOutcome", 403, json=fhir.of(person), headers=clinician
    )

    assert outcome["issue"][0]["code"] == "forbidden"


async def test_the_capabilities_are_public(fhir: Any) -> None:
    statement = await fhir.ask("GET", "/metadata", "CapabilityStatement", headers={"Authorization": ""})

    assert statement["fhirVersion"] == "4.0.1"
    assert statement["implementation"]["url"] == "http://openward.test/fhir/r4"
