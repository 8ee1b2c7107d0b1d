"""One measurement of a patient over time, on a real EHRbase and database."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from openward_cli.demo import vital_signs

BASE = "/api/clinical/v1/patients"
SYSTOLIC = "openEHR-EHR-OBSERVATION.blood_pressure.v2/data[at0001]/events[at0006]/data[at0003]/items[at0004]"
TEMPERATURE = "vital_signs/body_temperature/any_event:0/temperature"


def vitals(systolic: float, at: str, **more: Any) -> dict[str, Any]:
    return vital_signs.flat(systolic, 80, at, composer="Ada") | more


def fahrenheit(magnitude: float) -> dict[str, Any]:
    return {f"{TEMPERATURE}|magnitude": magnitude, f"{TEMPERATURE}|unit": "[degF]"}


async def series(clinic: Any, patient_id: str, expected: int = 200, /, **params: Any) -> Any:
    url = f"{BASE}/{patient_id}/series"
    headers = params.pop("headers", None) or clinic.headers()
    answer = await clinic.client.get(url, params={"node": "systolic", **params}, headers=headers)
    assert answer.status_code == expected, answer.text
    return answer.json()


def plotted(found: Any) -> list[tuple[str, float]]:
    return [(point["at"], point["magnitude"]) for point in found["points"]]


async def write(clinic: Any, patient_id: str, *bodies: dict[str, Any]) -> list[str]:
    answers = [await clinic.write(patient_id, body) for body in bodies]
    return [answer.json()["version_uid"] for answer in answers]


@pytest.fixture
async def patient_id(clinic: Any) -> str:
    patient_id, _ = await clinic.patient()
    return str(patient_id)


async def test_a_series_has_what_was_recorded_the_oldest_first(clinic: Any, patient_id: str) -> None:
    assert await series(clinic, patient_id) == {
        "measurement": "systolic",
        "label": "Systolic blood pressure",
        "unit": "mm[Hg]",
        "points": [],
    }
    later, sooner = await write(
        clinic, patient_id, vitals(130, "2026-11-02T10:00:00+02:00"), vitals(120, "2026-11-01T10:00:00Z")
    )
    found = await series(
        clinic, patient_id, headers=clinic.headers() | {"Accept-Language": "de-AT, en;q=0.5"}
    )
    assert found["label"] == "Systolischer Blutdruck"
    assert plotted(found) == [("2026-11-01T10:00:00Z", 120), ("2026-11-02T08:00:00Z", 130)]
    assert [point["version_uid"] for point in found["points"]] == [sooner, later]
    assert found["points"][0]["path"] == (
        "/content[openEHR-EHR-OBSERVATION.blood_pressure.v2]/data[at0001]/events[at0006]/data[at0003]"
        "/items[at0004]/value"
    )
    by_node = await series(clinic, patient_id, node=f"{SYSTOLIC}/value/magnitude")
    assert (by_node["label"], by_node["points"]) == ("Systolic", found["points"])
    assert (await series(clinic, patient_id, node="weight"))["points"] == []


async def test_a_period_has_its_beginning_and_not_its_end(clinic: Any, patient_id: str) -> None:
    times = [f"2026-11-0{day}T00:00:00Z" for day in (1, 2, 3)]
    await write(clinic, patient_id, *(vitals(100 + day, at) for day, at in enumerate(times)))
    found = await series(clinic, patient_id, **{"from": times[0], "to": times[2]})
    assert plotted(found) == [(times[0], 100), (times[1], 101)]


async def test_units_are_brought_to_one(clinic: Any, patient_id: str) -> None:
    await write(
        clinic,
        patient_id,
        vitals(120, "2026-11-01T10:00:00Z"),
        vitals(120, "2026-11-02T10:00:00Z", **fahrenheit(98.6)),
    )
    in_celsius = await series(clinic, patient_id, node="temperature")
    assert (in_celsius["unit"], [point["magnitude"] for point in in_celsius["points"]]) == (
        "Cel",
        [36.8, 37.0],
    )
    node = (
        "openEHR-EHR-OBSERVATION.body_temperature.v2/data[at0002]/events[at0003]/data[at0001]/items[at0004]"
    )
    as_latest = await series(clinic, patient_id, node=node)
    assert (as_latest["unit"], [p["magnitude"] for p in as_latest["points"]]) == ("[degF]", [98.24, 98.6])
    in_pascal = await series(clinic, patient_id, unit="kPa")
    assert [point["magnitude"] for point in in_pascal["points"]] == [15.9986864898, 15.9986864898]

    refused = await series(clinic, patient_id, 422, unit="mmol/L")
    assert (refused["code"], refused["errors"][0]["path"]) == ("unit-not-convertible", "unit")
    refused = await series(clinic, patient_id, 422, unit="furlong")
    assert (refused["code"], refused["errors"][0]["path"]) == ("unit-unknown", "unit")


async def test_steps_tell_least_greatest_mean_first_and_last(clinic: Any, patient_id: str) -> None:
    day = "2026-11-01"
    await write(
        clinic,
        patient_id,
        *(vitals(value, f"{day}T{hour}:30:00Z") for hour, value in (("00", 110), ("23", 150), ("12", 115))),
        vitals(90, "2026-11-03T00:00:00Z", **fahrenheit(98.6)),
    )
    found = await series(clinic, patient_id, step="P1D")
    assert (found["step"], "points" in found) == ("P1D", False)
    assert found["steps"] == [
        {
            "start": f"{day}T00:00:00Z",
            "count": 3,
            "min": 110,
            "max": 150,
            "mean": 125,
            "first": 110,
            "last": 150,
        },
        {
            "start": "2026-11-03T00:00:00Z",
            "count": 1,
            "min": 90,
            "max": 90,
            "mean": 90,
            "first": 90,
            "last": 90,
        },
    ]
    monthly = await series(clinic, patient_id, step="P1M", node="temperature")
    assert [(each["start"], each["count"]) for each in monthly["steps"]] == [("2026-11-01T00:00:00Z", 4)]
    assert monthly["steps"][0]["max"] == monthly["steps"][0]["last"] == 37.0
    yearly = await series(clinic, patient_id, step="P100Y")
    assert [each["start"] for each in yearly["steps"]] == ["2001-01-01T00:00:00Z"]


@pytest.mark.parametrize(
    ("params", "status", "code", "path"),
    [
        ({"node": "sistolic"}, 400, "node-unknown", "node"),
        ({"node": "openEHR-EHR-OBSERVATION.x.v1"}, 400, "node-unknown", "node"),
        ({"node": SYSTOLIC, "code": "no code"}, 400, "node-unknown", "node"),
        ({"node": SYSTOLIC, "code": "LOINC::\0"}, 400, "node-unknown", "node"),
        ({"from": "2026-11-01T10:00:00"}, 422, "time-without-zone", "from"),
        ({"from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}, 422, "period-reversed", "to"),
        ({"as_of": "2126-11-01T00:00:00Z"}, 422, "time-in-future", "as_of"),
        ({"step": "PT0S"}, 422, "step-invalid", "step"),
        ({"step": "-P1D"}, 422, "step-invalid", "step"),
        ({"step": "P1MT1H"}, 422, "step-invalid", "step"),
        ({"step": "P999999999Y"}, 422, "step-invalid", "step"),
    ],
)
async def test_what_cannot_be_asked_is_told_with_its_place(
    clinic: Any, patient_id: str, params: dict[str, str], status: int, code: str, path: str
) -> None:
    problem = await series(clinic, patient_id, status, **params)
    assert (problem["code"], problem["errors"][0]["path"]) == (code, path)


async def test_a_series_that_is_too_long_names_a_step_that_will_do(clinic: Any, patient_id: str) -> None:
    times = [f"2026-11-{day:02}T00:00:00Z" for day in range(1, 8)]
    await write(clinic, patient_id, *(vitals(120, at) for at in times))
    cases = clinic.app.state.clinical
    clinic.app.state.clinical = replace(cases, series=replace(cases.series, most=6))
    try:
        problem = await series(clinic, patient_id, 422)
        assert (problem["code"], problem["limit"], problem["step"]) == ("series-too-long", 6, "P1W")
        assert [each["count"] for each in (await series(clinic, patient_id, step="P1W"))["steps"]] == [1, 6]
        assert (await series(clinic, patient_id, 422, step="PT1H"))["code"] == "series-too-long"
    finally:
        clinic.app.state.clinical = cases


async def test_corrections_replace_and_what_was_known_stays(clinic: Any, patient_id: str) -> None:
    at = "2026-11-01T10:00:00Z"
    (uid,) = await write(clinic, patient_id, vitals(190, at))
    await series(clinic, patient_id)
    before = datetime.now(UTC).isoformat()
    corrected = (await clinic.correct(patient_id, uid, vitals(109, at))).json()["version_uid"]
    assert plotted(await series(clinic, patient_id)) == [(at, 109)]
    assert plotted(await series(clinic, patient_id, as_of=before)) == [(at, 190)]
    assert (await series(clinic, patient_id, as_of=before, step="P1D"))["steps"][0]["max"] == 190
    url = f"{BASE}/{patient_id}/compositions/{uid[:36]}"
    gone = await clinic.client.delete(url, headers=clinic.headers() | {"If-Match": f'"{corrected}"'})
    assert gone.status_code == 204
    assert (await series(clinic, patient_id))["points"] == []
    assert (await series(clinic, patient_id, step="P1D"))["steps"] == []


async def test_merged_patients_have_one_series(clinic: Any) -> None:
    source, survivor = await clinic.patient(), await clinic.patient()
    await write(clinic, source[0], vitals(120, "2026-11-01T10:00:00Z"))
    await write(clinic, survivor[0], vitals(130, "2026-11-02T10:00:00Z"))
    await clinic.merge(source, survivor)
    async with asyncio.timeout(60):
        while len((await series(clinic, source[0]))["points"]) < 2:
            await asyncio.sleep(0.1)
    url = f"{BASE}/{source[0]}/series?node=systolic"
    answer = await clinic.client.get(url, headers=clinic.headers())
    assert [point["magnitude"] for point in answer.json()["points"]] == [120, 130]
    assert answer.headers["link"] == f'<{BASE}/{survivor[0]}>; rel="canonical"'


async def test_only_templates_that_may_be_read_are_shown(clinic: Any, patient_id: str) -> None:
    await write(clinic, patient_id, vitals(120, "2026-11-01T10:00:00Z"))
    labs = clinic.headers(scope="user/composition-labs.r")
    assert (await series(clinic, patient_id, headers=labs))["points"] == []
    assert (await series(clinic, patient_id, headers=labs, step="P1D"))["steps"] == []
    await series(clinic, patient_id, 403, headers=clinic.headers("clerk"))
    await series(clinic, str(uuid4()), 404)
    own = clinic.headers("patient", "patient/composition-*.r", patient=patient_id)
    assert len((await series(clinic, patient_id, headers=own))["points"]) == 1
    stranger = clinic.headers("patient", "patient/composition-*.r", patient=str(uuid4()))
    await series(clinic, patient_id, 403, headers=stranger)


async def test_measurements_that_have_a_name_are_listed(clinic: Any) -> None:
    headers = clinic.headers() | {"Accept-Language": "de"}
    answer = await clinic.client.get("/api/clinical/v1/measurements", headers=headers)
    systolic = next(each for each in answer.json() if each["measurement"] == "systolic")
    assert (systolic["label"], systolic["unit"]) == ("Systolischer Blutdruck", "mm[Hg]")
    assert f"{SYSTOLIC}/value" in systolic["nodes"]
