"""Problems, medication and laboratory results beside vital signs, in two languages."""

from typing import Any

import pytest
from openward_cli.demo import laboratory, medication, problem_list, vital_signs

AT = "2026-11-20T09:00:00Z"
HYPERTENSION, METFORMIN, PARACETAMOL = "38341003", "A10BA02", "N02BE01"
POTASSIUM, SODIUM = ("2823-3", 2.9, "mmol/L", (3.5, 5.1)), ("2951-2", 140.0, "mmol/L", (136.0, 145.0))


@pytest.fixture(scope="module")
async def patient_id(reading: Any) -> str:
    """With one composition of each kind."""
    for template in (problem_list, medication, laboratory):
        await reading.upload(template.opt())
    patient_id, _ = await reading.clinic.patient()
    problems = problem_list.flat([HYPERTENSION], AT, composer="Ada")
    drugs = medication.flat([METFORMIN], PARACETAMOL, AT, composer="Ada")
    results = laboratory.flat([(POTASSIUM, SODIUM)], AT, composer="Ada")
    await reading.store(patient_id, problem_list.TEMPLATE_ID, problems)
    await reading.store(patient_id, medication.TEMPLATE_ID, drugs)
    await reading.store(patient_id, laboratory.TEMPLATE_ID, results)
    await reading.write(patient_id, vital_signs.flat(120, 80, AT, composer="Ada"))
    return str(patient_id)


@pytest.fixture
def told(reading: Any, patient_id: str) -> Any:
    """The items that are asked for, in a language."""

    async def told(language: str, **params: Any) -> Any:
        headers = reading.clinic.headers() | {"Accept-Language": language}
        return (await reading.read(patient_id, headers, **params))["items"]

    return told


async def test_everything_is_in_one_timeline_whatever_its_template(told: Any) -> None:
    labels = {(item["composition"], item["label"], item["rm_type"]) for item in await told("en")}
    assert labels >= {
        ("Problem list", "Problem", "EVALUATION"),
        ("Medication", "Medication order", "INSTRUCTION"),
        ("Medication", "Medication step", "ACTION"),
        ("Laboratory report", "Laboratory result", "OBSERVATION"),
        ("Vital signs", "Blood pressure", "OBSERVATION"),
    }
    assert {item["category"] for item in await told("en", template_id=problem_list.TEMPLATE_ID)} == {
        "persistent"
    }


@pytest.mark.parametrize(
    ("language", "problem", "name", "text"),
    [
        ("en", "Problem list", "Problem name", "Hypertension"),
        ("de-AT, en;q=0.5", "Problemliste", "Bezeichnung", "Bluthochdruck"),
        ("fr, de;q=0.1", "Problemliste", "Bezeichnung", "Bluthochdruck"),
        ("fr", "Problem list", "Problem name", "Hypertension"),
    ],
)
async def test_labels_and_terms_are_in_the_language_of_the_reader(
    told: Any, language: str, problem: str, name: str, text: str
) -> None:
    (item,) = await told(language, concept=f"SNOMED-CT::{HYPERTENSION}")
    value = item["values"][0]
    assert (item["composition"], value["label"], value["text"]) == (problem, name, text)
    assert value["codes"] == [{"terminology": "SNOMED-CT", "code": HYPERTENSION, "label": text}]
    assert value.get("recorded_text", text) == "Hypertension"


async def test_each_template_speaks_the_best_of_its_languages(reading: Any, patient_id: str) -> None:
    headers = reading.clinic.headers() | {"Accept-Language": "de, en;q=0.5"}
    answer = await reading.ask(patient_id, headers)
    assert set(answer.headers["content-language"].split(", ")) == {"de", "en"}
    by_template = {item["template_id"]: item["language"] for item in answer.json()["items"]}
    assert by_template[vital_signs.TEMPLATE_ID] in {"de", "en"}
    assert by_template[laboratory.TEMPLATE_ID] == "de"


async def test_results_are_marked_beside_their_normal_ranges(told: Any) -> None:
    (item,) = await told("de", text="potassium")
    results = [value for value in item["values"] if "magnitude" in value]
    assert [(value["text"], value["mark"], value["normal_range"]) for value in results] == [
        ("2.9 mmol/L", "below", {"lower": 3.5, "upper": 5.1}),
        ("140 mmol/L", "in", {"lower": 136.0, "upper": 145.0}),
    ]
    assert {(value["label"], *value["within"]) for value in results} == {("Resultat", "Zeitpunkt", "Analyt")}
    assert len({value["path"] for value in results}) == 2


async def test_one_code_is_found_in_every_kind_of_entry(told: Any) -> None:
    items = await told("en", concept=[f"ATC::{METFORMIN}", f"ATC::{PARACETAMOL}"])
    assert [item["rm_type"] for item in items] == ["INSTRUCTION", "ACTION"]
    assert await told("en", concept=f"ATC::{METFORMIN}", archetype="openEHR-EHR-ACTION.medication") == []


async def test_a_result_of_very_many_values_is_one_item(reading: Any) -> None:
    patient_id, _ = await reading.clinic.patient()
    many = [("2951-2", 130.0 + number, "mmol/L", (136.0, 145.0)) for number in range(50)]
    await reading.store(patient_id, laboratory.TEMPLATE_ID, laboratory.flat([many], AT, composer="Ada"))
    (item,) = (await reading.read(patient_id))["items"]
    marks = [value["mark"] for value in item["values"] if "magnitude" in value]
    assert (marks.count("below"), marks.count("in"), marks.count("above")) == (6, 10, 34)


async def test_a_page_of_very_many_values_is_told_as_any_other(reading: Any) -> None:
    patient_id, _ = await reading.clinic.patient()
    many = [("2951-2", 100.0 + number, "mmol/L", (136.0, 145.0)) for number in range(50)]
    report = laboratory.flat([many] * 12, AT, composer="Ada")
    await reading.store(patient_id, laboratory.TEMPLATE_ID, report)
    whole = (await reading.read(patient_id))["items"]
    assert sum(len(item["values"]) for item in whole) > 1_000
    assert await reading.all(patient_id, limit=3) == whole
