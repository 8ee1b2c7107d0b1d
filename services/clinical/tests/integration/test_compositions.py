import asyncio
from typing import Any
from uuid import uuid4

import pytest
from openward_cli.demo import vital_signs

BASE = "/api/clinical/v1/patients"
SYSTOLIC = "vital_signs/blood_pressure/any_event:0/systolic|magnitude"


async def test_a_registered_patient_gets_the_ehr_that_was_chosen(clinic: Any) -> None:
    patient_id, ehr_id = await clinic.patient()

    async with asyncio.timeout(60):
        while True:
            answer = await clinic.client.get(f"{BASE}/{patient_id}/ehr", headers=clinic.headers())
            if answer.json().get("state") == "ready":
                break
            await asyncio.sleep(0.05)

    assert answer.json() == {"ehr_id": ehr_id, "state": "ready"}


async def test_a_composition_is_written_read_corrected_and_deleted(clinic: Any) -> None:
    patient_id, ehr_id = await clinic.patient()

    written = await clinic.write(patient_id)
    uid = written.json()["version_uid"]
    object_id = uid.partition("::")[0]
    corrected = await clinic.correct(patient_id, uid)
    first = await clinic.read(patient_id, uid)
    latest = await clinic.read(patient_id, object_id)
    deleted = await clinic.client.delete(
        f"{BASE}/{patient_id}/compositions/{object_id}",
        headers=clinic.headers() | {"If-Match": latest.headers["etag"]},
    )
    gone = await clinic.read(patient_id, object_id)

    assert written.status_code == 201
    assert written.json() == {
        "version_uid": uid,
        "ehr_id": ehr_id,
        "template_id": vital_signs.TEMPLATE_ID,
    }
    assert written.headers["etag"] == f'"{uid}"'
    assert corrected.json()["version_uid"] == f"{uid[:-1]}2"
    assert (first.json()[SYSTOLIC], latest.json()[SYSTOLIC]) == (120, 130)
    assert latest.headers["etag"] == f'"{uid[:-1]}2"'
    assert deleted.status_code == 204
    assert gone.status_code == 404


@pytest.mark.parametrize("form", ["FLAT", "STRUCTURED", "CANONICAL"])
async def test_every_format_can_be_written_and_read(clinic: Any, form: str) -> None:
    patient_id, _ = await clinic.patient()
    source = (await clinic.write(patient_id)).json()["version_uid"]
    body = (await clinic.read(patient_id, source, form)).json()
    if form == "STRUCTURED":  # EHRbase 2.16 does not read the `|value` of a proportion that it writes
        del body["vital_signs"]["pulse_oximetry"][0]["any_event"][0]["spo2"][0]["|value"]

    params = {"format": form} | ({} if form == "CANONICAL" else {"template_id": vital_signs.TEMPLATE_ID})
    path = f"{BASE}/{patient_id}/compositions"
    written = await clinic.client.post(path, params=params, json=body, headers=clinic.headers())

    assert written.status_code == 201, written.text
    uid = written.json()["version_uid"]
    assert uid != source
    assert (await clinic.read(patient_id, uid)).json()[SYSTOLIC] == 120


async def test_the_same_key_writes_one_composition(clinic: Any, key: dict[str, str]) -> None:
    patient_id, _ehr_id = await clinic.patient()

    answers = await asyncio.gather(*(clinic.write(patient_id, **key) for _ in range(6)))
    last = await clinic.write(patient_id, **key)
    other = await clinic.write(
        patient_id, {**vital_signs.flat(99, 60, "2026-01-01T00:00:00Z", composer="A")}, **key
    )
    found = await clinic.query(patient_id, "SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c")

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert last.status_code == 201
    assert found.json()["rows"] == [[last.json()["version_uid"]]]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_of_concurrent_corrections_one_wins(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]

    answers = await asyncio.gather(
        *(
            clinic.correct(
                patient_id, uid, vital_signs.flat(100 + n, 80, "2026-11-22T10:00:00Z", composer="A")
            )
            for n in range(5)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    lost = next(answer for answer in answers if answer.status_code == 412)
    assert lost.headers["etag"] == f'"{uid[:-1]}2"'


@pytest.mark.parametrize("if_match", ['"{0}"', 'W/"{0}"', "{0}"])
async def test_if_match_may_be_quoted_weak_or_bare(clinic: Any, if_match: str) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]

    corrected = await clinic.correct(patient_id, uid, **{"If-Match": if_match.format(uid)})

    assert corrected.status_code == 200


async def test_a_correction_needs_if_match(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    path = f"{BASE}/{patient_id}/compositions/{uid.partition('::')[0]}"

    without = await clinic.client.put(path, json={}, headers=clinic.headers())
    stale = await clinic.correct(patient_id, f"{uid[:-1]}7")

    assert (without.status_code, without.json()["code"]) == (428, "if-match-required")
    assert stale.status_code == 412


@pytest.mark.parametrize("suffix", ["openward.local::7", "openward.local::2147483647", "elsewhere::1"])
async def test_a_version_that_is_not_there_can_neither_be_corrected_nor_read(
    clinic: Any, suffix: str
) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    never = f"{uid.partition('::')[0]}::{suffix}"

    corrected = await clinic.correct(patient_id, never)

    assert (corrected.status_code, corrected.headers["etag"]) == (412, f'"{uid}"')
    assert (await clinic.read(patient_id, never)).status_code == 404


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        (
            {"vital_signs/blood_presure/any_event:0/systolic|magnitude": 1},
            "vital_signs/blood_presure/any_event:0/systolic|magnitude",
            "unknown-path",
        ),
        ({SYSTOLIC: 4711.5}, SYSTOLIC, "out-of-range"),
        ({SYSTOLIC: "SECRET"}, SYSTOLIC, "wrong-type"),
        (
            {"vital_signs/pulse/any_event:0/rate|unit": "SECRET"},
            "vital_signs/pulse/any_event:0/rate|unit",
            "unknown-unit",
        ),
    ],
)
async def test_a_malformed_composition_names_the_field_and_not_the_value(
    clinic: Any, change: dict[str, Any], path: str, code: str
) -> None:
    patient_id, _ = await clinic.patient()
    body = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada") | change

    answer = await clinic.write(patient_id, body)

    assert answer.status_code == 422
    assert [(error["path"], error["code"]) for error in answer.json()["errors"]] == [(path, code)]
    assert "SECRET" not in answer.text
    assert "4711.5" not in answer.text


@pytest.mark.parametrize("body", [b"{", b'{"a":1,"a":2}', b'{"a":NaN}', b"\xff\xfe", b"[" * 100_000])
async def test_what_is_no_json_is_refused(clinic: Any, body: bytes) -> None:
    patient_id, _ = await clinic.patient()

    answer = await clinic.client.post(
        f"{BASE}/{patient_id}/compositions",
        params={"template_id": "t", "format": "FLAT"},
        content=body,
        headers=clinic.headers() | {"Content-Type": "application/json"},
    )

    assert answer.status_code == 400


async def test_a_composition_in_another_form_than_json_is_refused(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()

    answer = await clinic.client.post(
        f"{BASE}/{patient_id}/compositions",
        content=b"<composition/>",
        headers=clinic.headers() | {"Content-Type": "application/xml"},
    )

    assert (answer.status_code, answer.json()["code"]) == (415, "json-expected")


async def test_unknown_templates_and_patients_are_told(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    headers, body = clinic.headers(), {"x/y": 1}

    unknown = await clinic.client.post(
        f"{BASE}/{patient_id}/compositions",
        params={"template_id": "nope", "format": "FLAT"},
        json=body,
        headers=headers,
    )
    unnamed = await clinic.client.post(
        f"{BASE}/{patient_id}/compositions", params={"format": "FLAT"}, json=body, headers=headers
    )
    nobody = await clinic.client.get(f"{BASE}/{uuid4()}/ehr", headers=headers)

    assert (unknown.status_code, unknown.json()["code"]) == (422, "template-unknown")
    assert (unnamed.status_code, unnamed.json()["code"]) == (422, "composition-unreadable")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "patient-not-found")
