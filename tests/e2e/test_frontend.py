"""What a clinical frontend needs, each point once, through the gateway; services have the deep tests."""

import asyncio
import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from openward_cli.demo import laboratory, medication, problem_list, vital_signs
from openward_cli.demo.client import Client
from openward_cli.stack import Stack
from openward_testkit.clinic import AUTHOR, CLINICIAN, Clinic, Person

API: Final = "/api/clinical/v1"
AT: Final = "2026-11-20T10:00:00Z"
SODIUM: Final = ("2951-2", 131.5, "mmol/L", (135.0, 145.0))
HYPERTENSION: Final = "38341003"
FUROSEMIDE: Final = "C03CA01"
WRITTEN: Final[Mapping[ModuleType, dict[str, object]]] = {
    problem_list: problem_list.flat((HYPERTENSION,), AT, composer="Ada"),
    medication: medication.flat((FUROSEMIDE,), FUROSEMIDE, AT, composer="Ada"),
    laboratory: laboratory.flat([[SODIUM]], AT, composer="Ada"),
    vital_signs: vital_signs.flat(121, 80, AT, composer="Ada"),
}
SYSTOLIC: Final = "o/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value/magnitude"
PRODUCT: Final = {
    "title": "Pressures",
    "description": "Systolic pressures.",
    "owner": "end-to-end tests",
    "scope": "patient",
    "aql": f"SELECT c/uid/value AS uid, {SYSTOLIC} AS systolic"
    " FROM EHR e[ehr_id/value=$ehr_id] CONTAINS COMPOSITION c"
    " CONTAINS OBSERVATION o[openEHR-EHR-OBSERVATION.blood_pressure.v2] ORDER BY c/uid/value LIMIT 100",
    "columns": [
        {"name": "uid", "type": "version-uid", "description": "Which composition."},
        {"name": "systolic", "type": "number", "unit": "mm[Hg]", "description": "The pressure."},
    ],
    "limits": {"rows": 100},
}


async def upload(client: Client) -> None:
    headers = {"Content-Type": "application/xml"}
    for module in WRITTEN:
        path = "/api/templates/v1/templates"
        answer = await client.send(AUTHOR, "POST", path, content=module.opt(), headers=headers)
        assert answer.status in (200, 201), answer


@pytest.fixture(scope="session")
async def person(clinic: Clinic, client: Client) -> Person:
    """With a composition of each of four kinds; nobody writes more."""
    await upload(client)
    person = await clinic.register()
    await clinic.until_ready(person)
    for module, body in WRITTEN.items():
        await write(client, person, module, body)
    return person


@pytest.fixture
async def somebody(clinic: Clinic, client: Client) -> Person:
    """Of whom nothing is recorded."""
    await upload(client)
    somebody = await clinic.register()
    await clinic.until_ready(somebody)
    return somebody


async def write(client: Client, person: Person, module: ModuleType, body: Any, **params: str) -> str:
    answer = await client.send(
        CLINICIAN,
        "POST",
        f"{person.record}/compositions",
        params={"template_id": module.TEMPLATE_ID, "format": "FLAT", **params},
        json=body,
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert answer.status == 201, answer
    return str(answer.value("version_uid"))


async def read(client: Client, path: str, user: str = CLINICIAN, **request: Any) -> Any:
    answer = await client.send(user, "GET", path, **request)
    assert answer.status == 200, answer
    return answer.body


async def test_the_timeline_has_everything_in_the_language_that_is_wanted(
    client: Client, person: Person
) -> None:
    timeline = await read(
        client, f"{person.record}/timeline", params={"total": "true"}, headers={"Accept-Language": "de"}
    )

    assert timeline["total"] == len(timeline["items"]) == 1 + 2 + 1 + 5
    by_label = {item["label"]: item for item in timeline["items"]}
    texts = {value["text"]: value for value in by_label["Laborbefund"]["values"]}
    assert (texts["131.5 mmol/L"]["label"], texts["131.5 mmol/L"]["mark"]) == ("Resultat", "below")
    assert "Bluthochdruck" in [value["text"] for value in by_label["Problem"]["values"]]
    assert {"Verordnung", "Schritt"} <= by_label.keys()


async def test_a_value_of_the_timeline_is_found_again_by_its_aql(client: Client, person: Person) -> None:
    path = f"{person.record}/timeline/_search"
    timeline = await client.send(CLINICIAN, "POST", path, json={"text": "131.5"})
    values = timeline.value("items")[0]["values"]
    [aql] = [value["aql"] for value in values if value["text"] == "131.5 mmol/L"]

    found = await client.send(CLINICIAN, "POST", f"{person.record}/query", json={"q": aql})

    assert [row[0]["magnitude"] for row in found.value("rows")] == [131.5]


async def test_a_series_and_the_latest_values_say_what_was_written(client: Client, person: Person) -> None:
    series = await read(client, f"{person.record}/series", params={"node": "systolic"})
    latest = await client.send(
        CLINICIAN,
        "POST",
        f"{API}/latest",
        json={"patients": [person.patient_id], "measurements": ["systolic", "weight"]},
    )

    assert [(point["at"], point["magnitude"]) for point in series["points"]] == [(AT, 121)]
    values = latest.value("patients.0.values")
    assert (values["systolic"]["magnitude"], "weight" in values) == (121, False)


async def test_the_snapshot_has_a_problem_a_medication_and_vital_signs(
    client: Client, person: Person
) -> None:
    snapshot = await read(client, f"{person.record}/snapshot", headers={"Accept-Language": "de"})

    sections = {section["name"]: section for section in snapshot["sections"]}
    assert [item["title"] for item in sections["problems"]["items"]] == ["Bluthochdruck"]
    assert "Furosemid" in [item["title"] for item in sections["medications"]["items"]]
    [vital_signs] = [section["values"] for section in sections.values() if section.get("values")]
    assert vital_signs["systolic"]["magnitude"] == 121


async def test_vital_signs_and_encounters_are_there_as_fhir(client: Client, person: Person) -> None:
    opened = await client.send(
        CLINICIAN, "POST", f"{person.record}/encounters", json={"encounter_class": "EMER"}
    )
    patient = {"patient": person.patient_id}

    capabilities = await read(client, "/fhir/r4/metadata")
    observations = await read(client, "/fhir/r4/Observation", params={**patient, "category": "vital-signs"})
    encounters = await read(client, "/fhir/r4/Encounter", params=patient)

    told = {each["type"] for each in capabilities["rest"][0]["resource"]}
    assert {"Patient", "Observation", "Encounter"} <= told
    resources = [entry["resource"] for entry in observations["entry"]]
    codes = {coding["code"] for each in resources for coding in each["code"]["coding"]}
    assert {"85354-9", "8867-4"} & codes
    assert opened.value("encounter_id") in [entry["resource"]["id"] for entry in encounters["entry"]]


async def test_what_changed_between_two_versions_is_told_by_label(
    clinic: Clinic, client: Client, somebody: Person
) -> None:
    first = await clinic.record(somebody, 118)
    await clinic.correct(somebody, first, 119)

    difference = await read(client, f"{somebody.record}/compositions/{first.partition('::')[0]}/diff")

    [change] = [each for each in difference["changes"] if each.get("entry")]
    assert (change["entry"]["label"], change["label"]) == ("Blood pressure", "Systolic")
    assert (change["before"]["text"], change["after"]["text"]) == ("118 mm[Hg]", "119 mm[Hg]")


async def test_a_composition_in_an_encounter_is_shown_there(client: Client, somebody: Person) -> None:
    opened = await client.send(
        CLINICIAN, "POST", f"{somebody.record}/encounters", json={"encounter_class": "AMB"}
    )
    encounter_id = opened.value("encounter_id")
    uid = await write(
        client, somebody, vital_signs, vital_signs.flat(122, 80, "2020-01-01T10:00:00Z", composer="Ada"),
        encounter_id=encounter_id,
    )  # fmt: skip

    timeline = await read(client, f"{somebody.record}/timeline", params={"encounter_id": encounter_id})
    listed = await read(client, f"{somebody.record}/encounters/{encounter_id}/compositions")

    assert {item["version_uid"] for item in timeline["items"]} == {uid}
    assert [item["version_uid"] for item in listed["items"]] == [uid]


async def test_a_query_product_is_run_by_its_name(client: Client, person: Person) -> None:
    name = f"org.openward.e2e::p{uuid4().hex[:12]}"
    stored = await client.send(AUTHOR, "PUT", f"{API}/query-products/{name}/1.0.0", json=PRODUCT)

    rows = await read(client, f"{person.record}/query-products/{name}")
    lines = await read(client, f"{person.record}/query-products/{name}", headers={"Accept": "text/csv"})

    assert stored.status == 201, stored
    assert 121 in [row["systolic"] for row in rows["items"]]
    assert lines.splitlines()[0] == "uid,systolic"


async def test_a_draft_is_told_all_its_problems_and_is_not_written(client: Client, person: Person) -> None:
    draft = WRITTEN[vital_signs] | {
        "vital_signs/pulse/any_event:0/rate|magnitude": 999,
        "vital_signs/pulse/any_event:0/rat|unit": "/min",
    }
    params = {"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"}

    told = await client.send(
        CLINICIAN, "POST", f"{person.record}/compositions/$validate", params=params, json=draft
    )

    assert told.status == 200, told
    by_path = {problem["path"]: problem for problem in told.value("problems")}
    assert by_path["vital_signs/pulse/any_event:0/rate|magnitude"]["code"] == "out-of-range"
    assert by_path["vital_signs/pulse/any_event:0/rat|unit"]["did_you_mean"]


async def test_a_browser_hears_of_a_commit(stack: Stack, client: Client, somebody: Person) -> None:
    headers = {"Authorization": f"Bearer {await client.token(CLINICIAN)}"}
    address = f"{stack.gateway_url}{API}/events?patient_id={somebody.patient_id}&kind=composition"
    async with (
        asyncio.timeout(90),
        httpx.AsyncClient(trust_env=False) as browser,
        browser.stream("GET", address, headers=headers, timeout=90) as answer,
    ):
        lines = answer.aiter_lines()
        while not (await anext(lines)).startswith("id:"):
            pass
        uid = await write(client, somebody, laboratory, WRITTEN[laboratory])
        while not (line := await anext(lines)).startswith("data:"):
            pass

    event = json.loads(line.removeprefix("data:"))
    assert event["data"]["version_uid"] == uid
    assert "131.5" not in line
