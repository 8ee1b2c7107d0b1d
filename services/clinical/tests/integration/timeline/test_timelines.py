"""The timeline of a patient: entries with labels, values, authors, and what it takes to find them again."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from openward_cli.demo import vital_signs

BLOOD_PRESSURE = "openEHR-EHR-OBSERVATION.blood_pressure.v2"
SYSTOLIC = "/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value"


def at(hour: int, systolic: float = 120) -> dict[str, Any]:
    return vital_signs.flat(systolic, 80, f"2026-11-20T{hour:02}:00:00Z", composer="Ada")


def uids(body: dict[str, Any]) -> list[str]:
    return [item["version_uid"] for item in body["items"]]


async def test_an_entry_is_told_with_its_values_author_and_paths(reading: Any) -> None:
    patient_id, ehr_id = await reading.clinic.patient()
    assert (await reading.read(patient_id)) == {"items": []}
    uid = await reading.write(patient_id)

    body = await reading.read(patient_id, archetype=BLOOD_PRESSURE)

    (item,) = body["items"]
    assert (item["version_uid"], item["ehr_id"], item["template_id"]) == (
        uid,
        ehr_id,
        vital_signs.TEMPLATE_ID,
    )
    assert (item["label"], item["composition"], item["language"]) == ("Blood pressure", "Vital signs", "en")
    assert item["committer"] == {"sub": "clinician-1", "client_id": "web", "roles": ["clinician"]}
    assert item["composer"] == "Ada"
    assert datetime.fromisoformat(item["at"]) == datetime(2026, 11, 22, 10, tzinfo=UTC)
    systolic, _, position = item["values"]
    assert (systolic["label"], systolic["within"]) == ("Systolic", ["Any event"])
    assert (systolic["magnitude"], systolic["units"], systolic["text"]) == (120.0, "mm[Hg]", "120 mm[Hg]")
    assert (systolic["node"], systolic["path"]) == (SYSTOLIC, item["path"] + SYSTOLIC)
    assert position["codes"] == [{"terminology": "local", "code": "at1001", "label": "Sitting"}]


async def test_each_value_can_be_asked_for_by_its_aql(reading: Any) -> None:
    patient_id, _ = await reading.clinic.patient()
    await reading.write(patient_id, at(9, 111))
    await reading.write(patient_id, at(9, 112))
    body = await reading.read(patient_id, node=BLOOD_PRESSURE + SYSTOLIC)
    for item in body["items"]:
        found = await reading.clinic.query(patient_id, item["values"][0]["aql"])
        assert found.status_code == 200, found.text
        assert [row[0]["magnitude"] for row in found.json()["rows"]] == [item["values"][0]["magnitude"]]


async def test_the_newest_comes_first_by_when_it_was_so_page_by_page(reading: Any) -> None:
    patient_id, _ = await reading.clinic.patient()
    nine, eight, ten = [await reading.write(patient_id, at(hour)) for hour in (9, 8, 10)]
    whole = await reading.read(patient_id, total=True)
    assert list(dict.fromkeys(uids(whole))) == [ten, nine, eight]
    assert whole["total"] == len(whole["items"]) == 15
    assert "next_cursor" not in whole

    pages = [await reading.read(patient_id, limit=4, total=True)]
    while cursor := pages[-1].get("next_cursor"):
        pages.append(await reading.read(patient_id, limit=4, total=True, cursor=cursor))
    assert [len(page["items"]) for page in pages] == [4, 4, 4, 3]
    assert {page["total"] for page in pages} == {15}
    assert [item for page in pages for item in page["items"]] == whole["items"]


async def test_a_page_goes_on_where_it_was_while_more_is_recorded(reading: Any) -> None:
    patient_id, _ = await reading.clinic.patient()
    first = await reading.write(patient_id, at(9))
    page = await reading.read(patient_id, limit=2)
    await reading.write(patient_id, at(10))
    rest = await reading.read(patient_id, limit=4, cursor=page["next_cursor"])
    assert uids(rest) == [first] * 3
    archetypes = {item["archetype_id"] for item in (*page["items"], *rest["items"])}
    assert len(archetypes) == 5


@pytest.mark.parametrize(
    ("params", "labels"),
    [
        ({"archetype": BLOOD_PRESSURE}, {"Blood pressure"}),
        ({"archetype": BLOOD_PRESSURE.removesuffix(".v2")}, {"Blood pressure"}),
        ({"archetype": [BLOOD_PRESSURE, "openEHR-EHR-OBSERVATION.pulse"]}, {"Blood pressure", "Pulse"}),
        ({"archetype": "openEHR-EHR-OBSERVATION.blood_pressure.v1"}, set()),
        ({"archetype": "openEHR-EHR-OBSERVATION.blood"}, set()),
        ({"concept": "local::at1001"}, {"Blood pressure"}),
        ({"concept": ["SNOMED-CT::1", "local::at1001"]}, {"Blood pressure"}),
        ({"concept": "SNOMED-CT::at1001"}, set()),
        ({"node": BLOOD_PRESSURE + SYSTOLIC}, {"Blood pressure"}),
        ({"node": "openEHR-EHR-OBSERVATION.pulse.v2" + SYSTOLIC}, set()),
        ({"text": "SYSTolic"}, {"Blood pressure"}),
        ({"text": "rate 72"}, {"Pulse"}),
        ({"text": "36.8 cel"}, {"Body temperature"}),
        ({"text": "100%"}, set()),
        ({"text": "pul_e"}, set()),
        ({"template_id": "another"}, set()),
        ({"author": "somebody"}, set()),
        ({"encounter_id": str(uuid4())}, set()),
        ({"from": "2026-11-20T09:00:00Z", "text": "systolic"}, {"Blood pressure"}),
        ({"to": "2026-11-20T09:00:00Z"}, set()),
        ({"from": "2026-11-20T10:30:00+01:30", "to": "2026-11-20T09:00:00.001Z", "text": "72"}, {"Pulse"}),
        ({"text": "pulse"}, {"Pulse", "Pulse oximetry"}),
        ({"as_of": "2001-01-01T00:00:00Z"}, set()),
    ],
)
async def test_what_is_asked_for_is_found_and_nothing_else(
    reading: Any, one_patient: str, params: dict[str, Any], labels: set[str]
) -> None:
    body = await reading.read(one_patient, total=True, **params)
    assert {item["label"] for item in body["items"]} == labels
    assert body["total"] == len(body["items"])


async def test_entries_are_found_by_author_and_template(reading: Any) -> None:
    patient_id, _ = await reading.clinic.patient()
    own = await reading.write(patient_id, at(9))
    other = await reading.write(patient_id, at(10), **reading.clinic.headers(sub="grace"))
    assert set(uids(await reading.read(patient_id, author="clinician-1"))) == {own}
    assert set(uids(await reading.read(patient_id, author=["grace", "nobody"]))) == {other}
    assert set(uids(await reading.read(patient_id, template_id=vital_signs.TEMPLATE_ID))) == {own, other}


@pytest.mark.parametrize(
    ("params", "path", "code"),
    [
        ({"from": "2026-11-20T09:00:00"}, "from", "time-without-zone"),
        ({"to": "yesterday"}, "to", "time-malformed"),
        ({"from": "2026-11-20T09:00:00Z", "to": "2026-11-20T08:00:00Z"}, "to", "period-reversed"),
        ({"as_of": "2126-11-20T09:00:00Z"}, "as_of", "time-in-future"),
        ({"as_of": "2026-11-20T09:00:00"}, "as_of", "time-without-zone"),
        ({"archetype": "pulse"}, "archetype", "archetype-malformed"),
        ({"concept": "at1001"}, "concept", "concept-malformed"),
        ({"node": SYSTOLIC}, "node", "node-malformed"),
        ({"author": "a\x00"}, "author", "author-malformed"),
        ({"encounter_id": "x"}, "encounter_id.0", "value-error"),
        ({"template_id": "\x00"}, "template_id.0", "value-error"),
        ({"limit": 0}, "limit", "greater-than-equal"),
        ({"limit": 201}, "limit", "less-than-equal"),
        ({"total": "maybe"}, "total", "bool-parsing"),
    ],
)
async def test_what_cannot_be_meant_is_refused_by_its_name(
    reading: Any, one_patient: str, params: dict[str, Any], path: str, code: str
) -> None:
    answer = await reading.ask(one_patient, **params)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(each["path"], each["code"]) for each in answer.json()["errors"]] == [(path, code)]


async def test_a_cursor_is_of_one_question_of_one_caller(reading: Any, one_patient: str) -> None:
    cursor = (await reading.read(one_patient, limit=1))["next_cursor"]
    assert (await reading.ask(one_patient, cursor=cursor, limit=3)).status_code == 200
    other, _ = await reading.clinic.patient()
    then = datetime.now(UTC).isoformat()
    refused = [
        await reading.ask(other, cursor=cursor),
        await reading.ask(one_patient, cursor=cursor, text="pulse"),
        await reading.ask(one_patient, cursor=cursor, as_of=then),
        await reading.ask(one_patient, reading.clinic.headers(sub="another"), cursor=cursor),
        await reading.ask(one_patient, cursor="x"),
    ]
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(400, "cursor-invalid")}


async def test_nobody_unknown_has_a_timeline(reading: Any) -> None:
    answer = await reading.ask(str(uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (404, "patient-not-found")


@pytest.mark.parametrize("header", ["", "*", "de-AT;q=0.9, fr", ";;q=x,\xff, ,-", "xx-" * 300])
async def test_any_wish_for_a_language_is_answered(reading: Any, one_patient: str, header: str) -> None:
    headers = reading.clinic.headers() | {"Accept-Language": header.encode("latin-1")}
    answer = await reading.ask(one_patient, headers)
    assert (answer.status_code, answer.headers["content-language"]) == (200, "en")
    assert answer.headers["vary"] == "Accept-Language"
