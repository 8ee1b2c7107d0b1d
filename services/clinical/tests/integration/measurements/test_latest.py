"""The latest values of many measurements of many patients, on a real EHRbase and database."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

POTASSIUM, SODIUM = "2823-3", "2951-2"
POSITION = "openEHR-EHR-OBSERVATION.blood_pressure.v2/data[at0001]/events[at0006]/state[at0007]/items[at0008]"


async def test_a_ward_list_has_the_newest_of_each_patient(ward: Any) -> None:
    first, second = await ward.patient(), await ward.patient()
    newest = await ward.vitals(first, 130, "2026-11-02T10:00:00Z")
    await ward.vitals(first, 120, "2026-11-01T10:00:00Z")
    await ward.laboratory(second, "2026-11-01T10:00:00Z", (SODIUM, 139.0, "mmol/L", (135.0, 145.0)))
    await ward.laboratory(
        second,
        "2026-11-02T10:00:00Z",
        (SODIUM, 150.0, "mmol/L", (135.0, 145.0)),
        (POTASSIUM, 4.1, "mmol/L", (3.5, 5.1)),
    )
    headers = ward.clinic.headers() | {"Accept-Language": "de"}

    told = await ward.latest(
        headers=headers,
        patients=[first, second],
        measurements=["systolic", "potassium", "sodium", POSITION],
        units={"systolic": "kPa"},
    )

    assert told["labels"] == {
        "systolic": "Systolischer Blutdruck",
        "potassium": "Kalium",
        "sodium": "Natrium",
    }
    one, other = told["patients"]
    assert (one["patient_id"], one["values"].keys()) == (first, {"systolic", POSITION})
    systolic = one["values"]["systolic"]
    assert (systolic["magnitude"], systolic["unit"], systolic["at"], systolic["version_uid"]) == (
        17.331910364,
        "kPa",
        "2026-11-02T10:00:00Z",
        newest,
    )
    position = one["values"][POSITION]
    assert position["codes"] == [{"terminology": "local", "code": "at1001", "label": position["text"]}]
    values = {name: (each["magnitude"], each["mark"]) for name, each in other["values"].items()}
    assert values == {"potassium": (4.1, "in"), "sodium": (150, "above")}
    assert other["values"]["sodium"]["normal_range"] == {"lower": 135, "upper": 145}
    assert "analyte" in other["values"]["sodium"]["path"]


async def test_analytes_are_told_apart_by_the_code_beside_them(ward: Any) -> None:
    patient_id = await ward.patient()
    for day, potassium in ((1, 4.0), (2, 5.6)):
        await ward.laboratory(
            patient_id,
            f"2026-11-0{day}T10:00:00Z",
            (SODIUM, 140.0, "mmol/L", (135.0, 145.0)),
            (POTASSIUM, potassium, "mmol/L", (3.5, 5.1)),
            ("14682-9", 88.0, "umol/L", (60.0, 110.0)),
        )
    found = await ward.series(patient_id, node="potassium")
    assert [(p["magnitude"], p["mark"], p["normal_range"]) for p in found["points"]] == [
        (4.0, "in", {"lower": 3.5, "upper": 5.1}),
        (5.6, "above", {"lower": 3.5, "upper": 5.1}),
    ]
    by_step = await ward.series(patient_id, node="potassium", step="P1D")
    assert [step["max"] for step in by_step["steps"]] == [4.0, 5.6]
    node = next(iter(ward.clinic.app.state.clinical.series.measurements.by_alias["sodium"].nodes)).node
    by_code = await ward.series(patient_id, node=node, code=f"LOINC::{SODIUM}")
    assert [point["magnitude"] for point in by_code["points"]] == [140, 140]
    assert len((await ward.series(patient_id, node=node))["points"]) == 6
    in_micromoles = await ward.series(patient_id, node=node, unit="umol/L")
    assert [point["magnitude"] for point in in_micromoles["points"]][:3] == [140_000, 4_000, 88]
    refused = await ward.series(patient_id, 422, node="creatinine", unit="mg/dL")
    assert refused["code"] == "unit-not-convertible"


async def test_what_cannot_be_converted_is_told_apart(ward: Any) -> None:
    patient_id = await ward.patient()
    await ward.laboratory(patient_id, "2026-11-01T10:00:00Z", ("20454-5", 0.2, "g/L", (0.0, 0.1)))
    await ward.laboratory(patient_id, "2026-11-02T10:00:00Z", (SODIUM, 140.0, "mmol/L", (135.0, 145.0)))
    node = next(iter(ward.clinic.app.state.clinical.series.measurements.by_alias["sodium"].nodes)).node
    found = await ward.series(patient_id, node=node)
    assert (found["unit"], [point["magnitude"] for point in found["points"]]) == ("mmol/L", [140])
    (other,) = found["unconverted"]
    assert (other["magnitude"], other["unit"], other["mark"]) == (0.2, "g/L", "above")
    by_step = await ward.series(patient_id, node=node, step="P1M")
    assert (by_step["steps"][0]["count"], by_step["other_units"]) == (1, [{"unit": "g/L", "count": 1}])
    (latest,) = (await ward.latest(patients=[patient_id], measurements=[node], units={node: "g/L"}))[
        "patients"
    ]
    assert (latest["values"][node]["magnitude"], latest["values"][node]["unit"]) == (140, "mmol/L")


async def test_who_may_not_be_known_is_not_found(ward: Any) -> None:
    own, other, unknown = await ward.patient(), await ward.patient(), str(uuid4())
    for patient_id in (own, other):
        await ward.vitals(patient_id, 120, "2026-11-01T10:00:00Z")
    asked = {"patients": [own, other, unknown], "measurements": ["systolic"]}
    headers = ward.clinic.headers("patient", "patient/composition-*.r", patient=own)
    mine, *others = (await ward.latest(headers=headers, **asked))["patients"]
    assert mine["values"]["systolic"]["magnitude"] == 120
    assert others == [{"patient_id": each, "problem": "not-found"} for each in (other, unknown)]
    seen = (await ward.latest(**asked))["patients"]
    assert ["values" in each for each in seen] == [True, True, False]
    labs = await ward.latest(headers=ward.clinic.headers(scope="user/composition-labs.r"), **asked)
    assert [each.get("values") for each in labs["patients"]] == [{}, {}, None]
    assert (await ward.latest(403, headers=ward.clinic.headers("clerk"), **asked))["status"] == 403


async def test_merged_patients_have_the_newest_of_both(ward: Any) -> None:
    source, survivor = await ward.clinic.patient(), await ward.clinic.patient()
    await ward.vitals(source[0], 120, "2026-11-02T10:00:00Z")
    await ward.vitals(survivor[0], 130, "2026-11-01T10:00:00Z")
    await ward.clinic.merge(source, survivor)
    asked = {"patients": [source[0], survivor[0]], "measurements": ["systolic"]}
    async with asyncio.timeout(60):
        while "survivor_id" not in (told := (await ward.latest(**asked))["patients"])[0]:
            await asyncio.sleep(0.1)
    assert told[0]["survivor_id"] == survivor[0]
    assert "survivor_id" not in told[1]
    assert [each["values"]["systolic"]["magnitude"] for each in told] == [120, 120]


async def test_what_is_too_old_or_not_known_yet_does_not_count(ward: Any) -> None:
    patient_id = await ward.patient()
    now = datetime.now(UTC).replace(microsecond=0)
    old = await ward.vitals(patient_id, 120, (now - timedelta(hours=13)).isoformat())
    between = datetime.now(UTC).isoformat()
    await ward.vitals(patient_id, 130, (now - timedelta(hours=1)).isoformat())

    async def latest(**more: Any) -> Any:
        told = await ward.latest(patients=[patient_id], measurements=["systolic"], **more)
        value = told["patients"][0]["values"].get("systolic")
        return value and (value["magnitude"], value["version_uid"] == old)

    assert await latest() == (130, False)
    assert await latest(as_of=between) == (120, True)
    assert await latest(as_of=between, max_age="PT12H") is None
    assert await latest(max_age="PT12H") == (130, False)
    assert await latest(max_age="PT30M") is None


async def test_what_is_of_a_time_to_come_is_not_the_latest(ward: Any) -> None:
    patient_id = await ward.patient()
    now = datetime.now(UTC).replace(microsecond=0)
    await ward.vitals(patient_id, 120, (now - timedelta(hours=1)).isoformat())
    mistyped = (now + timedelta(days=365)).isoformat()
    await ward.vitals(patient_id, 200, mistyped)

    (told,) = (await ward.latest(patients=[patient_id], measurements=["systolic"]))["patients"]

    assert told["values"]["systolic"]["magnitude"] == 120
    vitals = next(each for each in (await ward.snapshot(patient_id))["sections"] if each["name"] == "vitals")
    assert vitals["values"]["systolic"]["magnitude"] == 120
    points = (await ward.series(patient_id, node="systolic"))["points"]
    assert [point["magnitude"] for point in points] == [120, 200]


@pytest.mark.parametrize(
    ("more", "status", "code", "pointer"),
    [
        ({"measurements": ["systolic", "x y"]}, 400, "node-unknown", "/measurements/1"),
        ({"measurements": []}, 422, "too-short", "/measurements"),
        ({"patients": []}, 422, "too-short", "/patients"),
        ({"patients": ["x"]}, 422, None, "/patients/0"),
        ({"patients": [str(uuid4()) for _ in range(101)]}, 422, "too-long", "/patients"),
        ({"measurements": ["pulse"] * 51}, 422, "too-long", "/measurements"),
        ({"units": {"systolic": "furlong"}}, 422, "unit-unknown", "/units/systolic"),
        ({"units": {"pulse": "/min"}}, 422, "measurement-not-asked", "/units"),
        ({"as_of": "2026-11-01T10:00:00"}, 422, "time-without-zone", "/as_of"),
        ({"as_of": "2126-11-01T10:00:00Z"}, 422, "time-in-future", "/as_of"),
        ({"as_of": 3}, 422, "time-malformed", "/as_of"),
        ({"max_age": "-PT1H"}, 422, "duration", "/max_age"),
        ({"age": "PT1H"}, 422, "extra-forbidden", "/age"),
    ],
)
async def test_what_cannot_be_asked_is_told_with_its_place(
    ward: Any, more: dict[str, Any], status: int, code: str | None, pointer: str
) -> None:
    asked = {"patients": [str(uuid4())], "measurements": ["systolic"], **more}
    (problem,) = (await ward.latest(status, **asked))["errors"]
    assert problem["pointer"] == pointer
    assert code in (None, problem["code"])
