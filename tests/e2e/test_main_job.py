"""The main job through the gateway, with two processes of every service."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from openward_cli.demo import vital_signs
from openward_cli.demo.client import Client
from openward_cli.stack import Service, Stack
from openward_cli.supervision.control import Supervisor
from openward_testkit.clinic import AUDITOR, CLERK, CLINICIAN, PATIENTS, Clinic, Person

SYSTOLIC = "vital_signs/blood_pressure/any_event:0/systolic|magnitude"
LATEST = (
    "SELECT c/uid/value AS uid, o/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value/magnitude AS s"
    " FROM EHR e CONTAINS COMPOSITION c CONTAINS OBSERVATION o[openEHR-EHR-OBSERVATION.blood_pressure.v2]"
)


async def trail(client: Client, person: Person, expected: int) -> list[dict[str, Any]]:
    """The patient's entries, but the auditor's own, once there are as many as expected and no more come."""
    found: list[dict[str, Any]] = []
    for _ in range(300):
        answer = await client.send(
            AUDITOR, "GET", "/api/audit/v1/entries", params={"patient_id": person.patient_id, "limit": 200}
        )
        assert answer.status == 200, answer
        before, found = found, [e for e in answer.body["items"] if e["actor"] != AUDITOR]
        if len(found) >= expected and len(found) == len(before):
            break
        await asyncio.sleep(0.3)
    return found


async def test_two_processes_of_each_service_run(stack: Stack) -> None:
    states = Supervisor(stack).states()

    for service in Service:
        assert [states[stack.process(service, replica)].name for replica in range(2)] == ["RUNNING"] * 2


async def test_what_was_done_to_a_patient_is_kept_and_on_record(clinic: Clinic, client: Client) -> None:
    person = await clinic.register()
    await clinic.until_ready(person)
    uids = [await clinic.record(person, value) for value in (118, 124, 131)]
    corrected = await clinic.correct(person, uids[0], 119)
    read = await clinic.read(person, corrected)
    asked = await client.send(CLINICIAN, "POST", f"{person.record}/query", json={"q": LATEST})
    refused = await client.send("norbert", "GET", f"{person.record}/compositions/{corrected}")
    entries = await trail(client, person, 9)

    assert read.value(SYSTOLIC) == 119
    assert sorted(row[1] for row in asked.body["rows"]) == [119, 124, 131]
    assert refused.status == 403
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        by_kind.setdefault(entry["kind"], []).append(entry)
    assert [e["actor"] for e in by_kind["patients.patient.registered.v1"]] == [CLERK]
    assert [e["ehr_id"] for e in by_kind["clinical.ehr.created.v1"]] == [person.ehr_id]
    created = by_kind["clinical.composition.created.v1"]
    assert sorted(e["version_uid"] for e in created) == sorted(uids)
    assert {e["actor"] for e in created} == {CLINICIAN}
    assert [e["version_uid"] for e in by_kind["clinical.composition.updated.v1"]] == [corrected]
    assert corrected in [e["version_uid"] for e in by_kind["access.record.read.v1"]]
    assert [e["actor"] for e in by_kind["access.record.queried.v1"]] == [CLINICIAN]
    assert [e["actor"] for e in by_kind["access.record.denied.v1"]] == ["norbert"]
    assert len({e["event_id"] for e in entries}) == len(entries)


async def test_a_malformed_composition_names_the_field(clinic: Clinic, client: Client) -> None:
    person = await clinic.register()
    body = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada") | {"vital_signs/nonsense": 1}

    answer = await client.send(
        CLINICIAN,
        "POST",
        f"{person.record}/compositions",
        params={"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"},
        json=body,
    )

    assert answer.status == 422
    assert answer.value("errors.0.path") == "vital_signs/nonsense"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("user", "method", "path", "status"),
    [
        ("", "GET", f"{PATIENTS}/{uuid4()}", 401),
        ("", "GET", "/api/audit/v1/entries", 401),
        ("", "GET", "/api/templates/v1/templates", 401),
        ("", "GET", "/openehr/v1/definition/template/adl1.4", 401),
        ("clara", "GET", "/api/audit/v1/entries", 403),
        ("ines", "GET", f"{PATIENTS}/{uuid4()}", 403),
        ("norbert", "GET", "/api/templates/v1/templates", 403),
        ("ada", "GET", f"{PATIENTS}/{uuid4()}", 404),
        ("ada", "GET", "/api/nothing", 404),
        ("ada", "GET", "/ehrbase/rest/admin/ehr/all", 404),
        ("ada", "DELETE", f"/openehr/v1/admin/ehr/{uuid4()}", 404),
    ],
)
async def test_the_wrong_caller_is_refused(
    client: Client, user: str, method: str, path: str, status: int
) -> None:
    answer = await client.send(user, method, path)

    assert answer.status == status
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_the_template_is_served_in_its_forms(clinic: Clinic) -> None:
    client = clinic.client
    path = f"/api/templates/v1/templates/{vital_signs.TEMPLATE_ID}"

    opt = await client.send(CLINICIAN, "GET", path, headers={"Accept": "application/xml"})
    web = await client.send(CLINICIAN, "GET", f"{path}/web-template")
    example = await client.send(CLINICIAN, "GET", f"{path}/example", params={"format": "FLAT"})
    listed = await client.send(CLINICIAN, "GET", "/openehr/v1/definition/template/adl1.4")

    assert opt.body.encode() == vital_signs.opt()
    assert web.value("templateId") == vital_signs.TEMPLATE_ID
    assert SYSTOLIC in example.body
    assert vital_signs.TEMPLATE_ID in [template["template_id"] for template in listed.body]


@pytest.mark.parametrize(
    ("path", "media_type", "words"),
    [
        ("/docs", "text/html", "swagger"),
        ("/openapi.json", "application/json", '"openapi"'),
        ("/asyncapi.json", "application/json", "patients.patient.registered.v1"),
        ("/.well-known/smart-configuration", "application/json", "org.openehr.rest"),
        ("/healthz", "", ""),
    ],
)
async def test_what_is_public_needs_no_token(client: Client, path: str, media_type: str, words: str) -> None:
    answer = await client.send("", "GET", path)

    assert answer.status == 200
    assert media_type in answer.headers.get("content-type", "")
    assert words in str(answer.body).replace("'", '"')
