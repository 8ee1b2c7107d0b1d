"""Who names a patient that was merged is answered about the survivor, and told so, whatever is asked."""

import asyncio
from typing import Any

import pytest

BASE = "/api/clinical/v1"
PATIENT = f"{BASE}/patients/{{patient_id}}"
QUERY = {"q": "SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c"}
POSTS = [
    ("timeline/_search", {"text": "systolic"}),
    ("query", QUERY),
    ("query-products/{name}", {}),
    ("query-products/{name}/{version}", {}),
    ("query-products/{name}/{version}/$dry-run", {}),
    (
        "compositions/$validate?format=FLAT&template_id=openward_vital_signs.v1",
        {"vital_signs/pulse/any_event:0/rate|magnitude": 72},
    ),
]


@pytest.fixture(scope="module")
async def merged(known: Any) -> Any:
    """The same, of whom the id names somebody who was merged into them; and that answer's header."""
    source, survivor = await known.clinic.patient(), (known.ids["patient_id"], known.ids["ehr_id"])
    await known.clinic.merge(source, survivor)
    named = type(known)(known.clinic, {**known.ids, "patient_id": source[0]}, known.headers)
    for _ in range(600):
        if "link" in (await named.ask("GET", f"{PATIENT}/ehr")).headers:
            break
        await asyncio.sleep(0.1)
    return named, f'<{BASE}/patients/{survivor[0]}>; rel="canonical"'


async def test_every_read_names_the_survivor(merged: Any) -> None:
    named, link = merged
    asked = [path for path, _ in named.reads() if "{patient_id}" in path]
    assert len(asked) > 10
    for path in asked:
        answer = await named.ask("GET", f"{path}?node=systolic" if path.endswith("series") else path)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.headers.get("link") == link, path


@pytest.mark.parametrize(("path", "body"), POSTS)
async def test_what_is_asked_in_a_body_names_the_survivor(merged: Any, path: str, body: Any) -> None:
    named, link = merged

    answer = await named.ask("POST", f"{PATIENT}/{path}", json=body)

    assert answer.status_code == 200, answer.text
    assert answer.headers.get("link") == link


async def test_lists_of_many_name_the_survivor_in_their_rows(merged: Any) -> None:
    named, link = merged
    asked = {"patients": [named.ids["patient_id"]], "measurements": ["systolic"]}

    (row,) = (await named.ask("POST", f"{BASE}/latest", json=asked)).json()["patients"]
    bundle = (await named.ask("GET", "/fhir/r4/Observation?patient={patient_id}")).json()

    assert row["survivor_id"] in link
    assert {
        each["resource"]["subject"]["reference"].partition("/")[2] in link for each in bundle["entry"]
    } == {True}
