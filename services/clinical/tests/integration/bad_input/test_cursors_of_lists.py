"""A cursor goes on with the list that gave it, and with no other."""

from typing import Any

import pytest

BASE = "/api/clinical/v1"
PATIENT = f"{BASE}/patients/{{patient_id}}"
#: Of each a page of one is not the last. FHIR has its own names for size and cursor.
LISTS = {
    "compositions": f"{PATIENT}/compositions?limit=1",
    "compositions of a template": f"{PATIENT}/compositions?limit=1&template_id=openward_vital_signs.v1",
    "timeline": f"{PATIENT}/timeline?limit=1",
    "timeline of an archetype": f"{PATIENT}/timeline?limit=1&archetype=openEHR-EHR-OBSERVATION.pulse",
    "encounters": f"{PATIENT}/encounters?limit=1",
    "encounters of a class": f"{PATIENT}/encounters?limit=1&encounter_class=AMB",
    "encounter": f"{PATIENT}/encounters/{{encounter_id}}/compositions?limit=1",
    "ward": f"{BASE}/encounters?limit=1&location={{ward}}",
    "products": f"{BASE}/query-products?limit=1&search={{name}}",
    "product": f"{PATIENT}/query-products/{{name}}?limit=1",
    "product with a value": f"{PATIENT}/query-products/{{name}}?limit=1&name=other",
    "observations": "/fhir/r4/Observation?patient={patient_id}&_count=1",
    "encounters in FHIR": "/fhir/r4/Encounter?patient={patient_id}&_count=1",
}


@pytest.fixture
async def cursors(known: Any) -> dict[str, str]:
    return {name: await cursor_of(known, path) for name, path in LISTS.items()}


async def cursor_of(known: Any, path: str) -> str:
    answer = await known.ask("GET", path)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    if "next_cursor" in body:
        return str(body["next_cursor"])
    (following,) = [each["url"] for each in body["link"] if each["relation"] == "next"]
    return str(following).rpartition("_cursor=")[2]


async def go_on(known: Any, name: str, cursor: str) -> Any:
    parameter = "_cursor" if "fhir" in LISTS[name] else "cursor"
    return await known.ask("GET", f"{LISTS[name]}&{parameter}={cursor}")


async def test_a_list_goes_on_with_its_own(known: Any, cursors: dict[str, str]) -> None:
    for name, cursor in cursors.items():
        answer = await go_on(known, name, cursor)
        assert answer.status_code == 200, (name, answer.text)


@pytest.mark.parametrize("name", LISTS)
async def test_no_list_goes_on_with_that_of_another(known: Any, cursors: dict[str, str], name: str) -> None:
    for other, cursor in cursors.items():
        if other == name:
            continue
        answer = await go_on(known, name, cursor)
        assert answer.status_code == 400, (other, answer.text)
        body = answer.json()
        if "fhir" in LISTS[name]:
            assert [each.get("expression") for each in body["issue"]] == [None, ["http._cursor"]]
        else:
            assert [(each["path"], each["code"]) for each in body["errors"]] == [("cursor", "cursor-invalid")]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("forged", ["x", "%00", "a.b.c", "%FF", "9" * 4096, "9" * 4097])
async def test_no_list_goes_on_with_what_was_never_given(known: Any, name: str, forged: str) -> None:
    answer = await go_on(known, name, forged)

    assert answer.status_code in (400, 422), answer.text
    assert "problem" in answer.headers["content-type"] or "fhir" in answer.headers["content-type"]


@pytest.mark.parametrize("path", ["timeline/_search", "query-products/{name}"])
async def test_in_a_body_it_is_blamed_by_its_pointer(known: Any, path: str) -> None:
    answer = await known.ask("POST", f"{PATIENT}/{path}", json={"cursor": "x"})

    assert answer.status_code == 400, answer.text
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/cursor", "cursor-invalid")
    ]
