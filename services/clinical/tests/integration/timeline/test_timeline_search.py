"""Words that somebody looks for on a timeline may name a person: they travel in bodies only."""

from typing import Any

import pytest

BASE = "/api/clinical/v1/patients"


async def search(reading: Any, patient_id: str, body: Any) -> Any:
    url = f"{BASE}/{patient_id}/timeline/_search"
    return await reading.clinic.client.post(url, json=body, headers=reading.clinic.headers())


async def test_words_are_refused_in_addresses(reading: Any, one_patient: str) -> None:
    answer = await reading.clinic.get(f"{BASE}/{one_patient}/timeline?text=Meier")

    assert (answer.status_code, answer.json()["code"]) == (422, "text-in-address")
    assert [each["path"] for each in answer.json()["errors"]] == ["text"]
    assert "Meier" not in answer.text


def test_no_parameter_of_the_document_takes_words(reading: Any) -> None:
    document = reading.clinic.app.openapi()

    operation = document["paths"][f"{BASE}/{{patient_id}}/timeline"]["get"]

    names = {each["name"] for each in operation["parameters"]}
    assert {"archetype", "from", "to", "as_of", "cursor"} <= names
    assert "text" not in names


@pytest.mark.parametrize(
    "asked", [{}, {"total": True, "limit": 2}, {"archetype": ["openEHR-EHR-OBSERVATION.pulse"]}]
)
async def test_without_words_a_search_is_the_timeline(
    reading: Any, one_patient: str, asked: dict[str, Any]
) -> None:
    searched = await search(reading, one_patient, asked)
    listed = await reading.read(one_patient, **asked)

    assert searched.json() | {"next_cursor": None} == listed | {"next_cursor": None}
    assert (searched.headers["cache-control"], searched.headers["vary"]) == ("no-store", "Accept-Language")


async def test_a_search_goes_on_page_by_page(reading: Any, one_patient: str) -> None:
    found = await reading.all(one_patient, text="pul", limit=1)

    assert sorted(item["label"] for item in found) == ["Pulse", "Pulse oximetry"]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"text": " "}, "/text", "text-malformed"),
        ({"text": "a\x07"}, "/text", "text-malformed"),
        ({"text": "x" * 401}, "/text", "string-too-long"),
        ({"from": "2026-11-20T09:00:00"}, "/from", "time-without-zone"),
        ({"from": "2026-11-21T09:00:00Z", "to": "2026-11-20T09:00:00Z"}, "/to", "period-reversed"),
        ({"concept": ["at1001"]}, "/concept", "concept-malformed"),
        ({"encounter_id": ["x"]}, "/encounter_id/0", "value-error"),
        ({"limit": 201}, "/limit", "less-than-equal"),
        ({"words": "b"}, "/words", "extra-forbidden"),
    ],
)
async def test_what_cannot_be_meant_is_refused_by_its_pointer(
    reading: Any, one_patient: str, body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await search(reading, one_patient, body)

    assert answer.status_code == 422, answer.text
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, code)]
