"""What matters most of a patient, on a real EHRbase and database."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from openward_cli.demo import medication, problem_list

SINCE = "2024-05-01T08:00:00Z"


async def snapshot(ward: Any, patient_id: str, /, headers: Any = None, **params: Any) -> dict[str, Any]:
    """By section."""
    answer = await ward.snapshot(patient_id, headers, **params)
    return {section["name"]: section for section in answer["sections"]}


def titles(section: dict[str, Any]) -> list[str]:
    return [item["title"] for item in section["items"]]


def details(item: dict[str, Any]) -> dict[str, str]:
    return {detail["name"]: detail["text"] for detail in item["details"]}


async def test_nothing_recorded_is_empty_sections(ward: Any) -> None:
    sections = await snapshot(ward, await ward.patient())
    assert list(sections) == ["problems", "medications", "allergies", "vitals"]
    assert [section.get("items") for section in sections.values()] == [[], [], [], None]
    assert sections["vitals"]["values"] == {}


async def test_a_snapshot_has_problems_medications_and_vital_signs(ward: Any) -> None:
    patient_id = await ward.patient()
    body = problem_list.flat(["38341003", "44054006", "195967001"], SINCE, composer="Ada")
    problem = "problem_list/problem"
    body |= {f"{problem}:1/resolved": "2025-01-01T08:00:00Z", f"{problem}:2/qualifier/status|code": "at0027"}
    (listed,) = await ward.store(patient_id, problem_list.TEMPLATE_ID, body)
    orders = medication.flat(["C03CA01", "A10BA02"], "C03CA01", SINCE, composer="Ada")
    orders |= {"medication/medication_order:1/order:0/order_details/stop": "2025-01-01T08:00:00Z"}
    await ward.store(patient_id, medication.TEMPLATE_ID, orders)
    await ward.vitals(patient_id, 120, "2026-11-01T10:00:00Z")
    german = ward.clinic.headers() | {"Accept-Language": "de-AT"}

    sections = await snapshot(ward, patient_id, german)

    assert titles(sections["problems"]) == ["Bluthochdruck"]
    (hypertension,) = sections["problems"]["items"]
    assert hypertension["codes"] == [
        {"terminology": "SNOMED-CT", "code": "38341003", "label": "Bluthochdruck"}
    ]
    assert (hypertension["version_uid"], hypertension["template_id"]) == (listed, problem_list.TEMPLATE_ID)
    assert "problem_diagnosis.v1" in hypertension["path"]
    assert details(hypertension)["status"] == "Aktiv"
    onset = next(each for each in hypertension["details"] if each["name"] == "onset")
    assert (onset["label"], onset["value"][:10]) == ("Beginn", "2024-05-01")
    assert titles(sections["medications"]) == ["Furosemid"]
    furosemide = details(sections["medications"]["items"][0])
    assert (furosemide["route"], furosemide["dose"], furosemide["timing"]) == ("Oral", "1", "R/PT12H")
    assert sections["allergies"]["items"] == []
    assert sections["vitals"]["values"]["systolic"]["magnitude"] == 120
    assert sections["vitals"]["labels"]["systolic"] == "Systolischer Blutdruck"

    everything = await snapshot(ward, patient_id, inactive="true")
    told = [(item["title"], item["active"]) for item in everything["problems"]["items"]]
    assert told == [("Hypertension", True), ("Type 2 diabetes", False), ("Asthma", False)]
    orders_told = [(item["title"], item["active"]) for item in everything["medications"]["items"]]
    assert orders_told == [("Furosemide", True), ("Metformin", False)]


async def test_each_activity_of_an_order_is_a_medication(ward: Any) -> None:
    patient_id = await ward.patient()
    body = medication.flat(["C03CA01"], "C03CA01", SINCE, composer="Ada")
    first = "medication/medication_order:0/order:0"
    body |= {
        key.replace(first, "medication/medication_order:0/order:1"): value
        for key, value in body.items()
        if key.startswith(first)
    }
    body["medication/medication_order:0/order:1/medication|code"] = "C07AB07"
    await ward.store(patient_id, medication.TEMPLATE_ID, body)
    items = (await snapshot(ward, patient_id))["medications"]["items"]
    assert [item["title"] for item in items] == ["Furosemide", "Bisoprolol"]
    assert len({item["path"] for item in items}) == 2
    assert [len(item["details"]) for item in items] == [len(items[0]["details"])] * 2


async def test_what_was_known_then_is_what_was_shown_then(ward: Any) -> None:
    patient_id = await ward.patient()
    (uid,) = await ward.store(
        patient_id, problem_list.TEMPLATE_ID, problem_list.flat(["38341003"], SINCE, composer="Ada")
    )
    then = datetime.now(UTC).isoformat()
    answer = await ward.clinic.client.put(
        f"/api/clinical/v1/patients/{patient_id}/compositions/{uid[:36]}",
        params={"template_id": problem_list.TEMPLATE_ID, "format": "FLAT"},
        json=problem_list.flat(["44054006"], SINCE, composer="Ada"),
        headers=ward.clinic.headers() | {"If-Match": f'"{uid}"'},
    )
    assert answer.status_code == 200, answer.text
    assert titles((await snapshot(ward, patient_id))["problems"]) == ["Type 2 diabetes"]
    assert titles((await snapshot(ward, patient_id, as_of=then))["problems"]) == ["Hypertension"]


async def test_a_snapshot_is_of_templates_that_may_be_read_and_of_merged_patients(ward: Any) -> None:
    source, survivor = await ward.clinic.patient(), await ward.clinic.patient()
    body = problem_list.flat(["38341003"], SINCE, composer="Ada")
    await ward.store(source[0], problem_list.TEMPLATE_ID, body)
    await ward.vitals(survivor[0], 120, "2026-11-01T10:00:00Z")
    vitals_only = ward.clinic.headers(scope="user/composition-openward_vital_signs.v1.r")
    assert titles((await snapshot(ward, source[0], vitals_only))["problems"]) == []
    await ward.clinic.merge(source, survivor)
    async with asyncio.timeout(60):
        while not titles((sections := await snapshot(ward, survivor[0]))["problems"]):
            await asyncio.sleep(0.1)
    assert "systolic" in sections["vitals"]["values"]
    restricted = await snapshot(ward, source[0], vitals_only)
    assert (titles(restricted["problems"]), len(restricted["vitals"]["values"])) == ([], 6)
