"""What is not there, not allowed or not understood; errors in EHRbase's tongue and in ours."""

from typing import Any
from uuid import uuid4

import pytest
from openward_cli.demo import vital_signs

BASES = ("/openehr/v1", "/ehrbase/rest/openehr/v1")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    "path",
    [
        "/admin/ehr/{ehr_id}",
        "/ehr/{ehr_id}/nothing",
        "/ehr/{ehr_id}/composition/%2e%2e/ehr_status",
        "/ehr/{ehr_id}/ehr_status/%2e%2e%2fdirectory",
        "/management/env",
        "/ehr/{ehr_id}/versioned_composition/1",
        "/ehr/{ehr_id}/contribution/x",
        "/ehr/{ehr_id}//",
    ],
)
async def test_an_unknown_path_is_404(clinic: Any, base: str, path: str) -> None:
    patient_id, ehr_id = await clinic.patient()
    await clinic.write(patient_id)

    answer = await clinic.get(base + path.format(ehr_id=ehr_id))

    assert answer.status_code == 404
    assert {"code", "error", "message", "status"} <= set(answer.json())


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/ehr/{ehr_id}", "GET, HEAD, OPTIONS, PUT"),
        ("PATCH", "/ehr", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/ehr/{ehr_id}/ehr_status", "GET, HEAD, OPTIONS, PUT"),
        ("PATCH", "/ehr/{ehr_id}/directory", "DELETE, GET, HEAD, OPTIONS, POST, PUT"),
        ("GET", "/ehr/{ehr_id}/composition", "OPTIONS, POST"),
        ("DELETE", "/ehr/{ehr_id}/contribution/{ehr_id}", "GET, HEAD, OPTIONS"),
    ],
)
async def test_an_unknown_method_is_405_with_those_there_are(
    clinic: Any, method: str, path: str, allowed: str
) -> None:
    url = "/openehr/v1" + path.format(ehr_id=uuid4())

    answer = await clinic.client.request(method, url, headers=clinic.headers())

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("path", ["/ehr/{ehr_id}", "/ehr/{ehr_id}/ehr_status", "/ehr/{ehr_id}/directory"])
async def test_a_slash_at_the_end_changes_nothing(clinic: Any, base: str, path: str) -> None:
    patient_id, ehr_id = await clinic.patient()
    await clinic.write(patient_id)
    url = base + path.format(ehr_id=ehr_id)

    without, slashed = [await clinic.get(url + end) for end in ("", "/")]

    assert slashed.status_code == without.status_code
    assert slashed.headers.get("location") == without.headers.get("location")
    assert slashed.json().get("uid") == without.json().get("uid")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("nothing", [b"", b"null"])
async def test_an_ehr_is_made_of_nothing_as_ehrbases_own_client_does(
    clinic: Any, base: str, nothing: bytes
) -> None:
    headers = clinic.headers(scope="user/Patient.cr") | {"Content-Type": "application/json"}

    made = await clinic.client.post(f"{base}/ehr/", content=nothing, headers=headers)

    assert made.status_code == 201
    assert made.headers["location"].startswith(f"{clinic.origin}{base}/ehr/")


@pytest.mark.parametrize("base", BASES)
async def test_the_system_describes_itself(clinic: Any, base: str) -> None:
    for path in (base, f"{base}/"):
        answer = await clinic.client.options(path, headers=clinic.headers())
        assert answer.status_code == 200
        assert answer.json()["solution"] == "Openward"


async def test_an_error_has_ehrbases_words_and_our_code(clinic: Any) -> None:
    patient_id, ehr_id = await clinic.patient()
    await clinic.write(patient_id)
    flat = {**vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada"), "vital_signs/no_such|x": 1}

    answer = await clinic.client.post(
        f"/openehr/v1/ehr/{ehr_id}/composition",
        params={"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID},
        json=flat,
        headers=clinic.headers(),
    )
    problem = answer.json()

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["error"] == "Bad Request"
    assert problem["message"].startswith("Could not consume Parts")
    assert problem["errors"][0]["code"] == "unknown-path"
    assert "message" not in (await clinic.write(patient_id, flat)).json()


async def test_a_lost_race_names_the_current_version(clinic: Any) -> None:
    patient_id, ehr_id = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    await clinic.correct(patient_id, uid)

    answer = await clinic.client.put(
        f"/openehr/v1/ehr/{ehr_id}/composition/{uid.partition('::')[0]}",
        params={"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID},
        json=vital_signs.flat(99, 60, "2026-11-22T10:00:00Z", composer="Ada"),
        headers=clinic.headers() | {"If-Match": uid},
    )

    assert answer.status_code == 412
    assert answer.headers["etag"] == f'"{uid[:-1]}2"'
    assert answer.headers["location"] == (f"{clinic.origin}/openehr/v1/ehr/{ehr_id}/composition/{uid[:-1]}2")


async def test_without_if_match_the_answer_is_ehrbases(clinic: Any) -> None:
    patient_id, ehr_id = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    status = (await clinic.get(f"/openehr/v1/ehr/{ehr_id}/ehr_status")).json()
    headers = clinic.headers(scope="user/composition-*.u user/Patient.u")

    answers = [
        await clinic.client.put(f"/openehr/v1/ehr/{ehr_id}/{path}", json=body, headers=headers)
        for path, body in ((f"composition/{uid.partition('::')[0]}", {}), ("ehr_status", status))
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert all("If-Match" in answer.json()["message"] for answer in answers)


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"a": 1, "a": 2}', "application/json", 400),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "application/xml", 400),
        (b"<a/>", "text/plain", 415),
        (b"", "application/json", 400),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_here(
    clinic: Any, content: bytes, media_type: str, status: int
) -> None:
    patient_id, ehr_id = await clinic.patient()
    await clinic.write(patient_id)

    answer = await clinic.client.post(
        f"/openehr/v1/ehr/{ehr_id}/directory",
        content=content,
        headers=clinic.headers() | {"Content-Type": media_type},
    )

    assert answer.status_code == status, answer.text
