"""Who is restricted in the registry is not there for who lacks the right to see them, whatever is asked."""

import asyncio
import re
import time
from typing import Any
from uuid import uuid4

import pytest
from clinical.service import ehrs
from fastapi.routing import APIRoute
from openward_cli.demo import vital_signs
from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.patients import (
    PatientDeactivated,
    PatientRegistered,
    PatientRestricted,
)

BASE = "/api/clinical/v1/patients"
SCOPE = (
    "user/composition-*.cruds user/aql-*.cruds user/Patient.cruds user/Encounter.cruds user/template-*.r "
    "user/aql-population.s user/Observation.cruds user/query-*.cruds"
)
SEES_ALL = {"roles": ("clinician", "privacy-officer")}
COUNT = "SELECT count(c/uid/value) FROM EHR e CONTAINS COMPOSITION c"
#: An id that is taken is taken, whoever has it; of whom it is, is not said.
ASKED_FOR_ID = {("PUT", "/openehr/v1/ehr/{ehr_id}"), ("PUT", "/ehrbase/rest/openehr/v1/ehr/{ehr_id}")}


def headers(clinic: Any, **claims: Any) -> dict[str, str]:
    made: dict[str, str] = clinic.headers(scope=SCOPE, **claims)
    return made


async def restrict(clinic: Any, patient_id: str, version: int = 2, *, restricted: bool = True) -> None:
    changed = PatientRestricted(
        patient_id=PatientId(patient_id), version=version, restricted=restricted, changed=("restricted",)
    )
    await clinic.tell(changed, patient_id, version)


async def status(clinic: Any, patient_id: str, **claims: Any) -> int:
    answer = await clinic.client.get(f"{BASE}/{patient_id}/ehr", headers=headers(clinic, **claims))
    return int(answer.status_code)


async def becomes(clinic: Any, patient_id: str, expected: int, **claims: Any) -> None:
    async with asyncio.timeout(60):
        while await status(clinic, patient_id, **claims) != expected:
            await asyncio.sleep(0.05)


@pytest.fixture
async def hidden(clinic: Any) -> tuple[str, str, str]:
    """Patient id, EHR id, version uid of a composition."""
    patient_id, ehr_id = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    await restrict(clinic, patient_id)
    await becomes(clinic, patient_id, 404)
    return patient_id, ehr_id, uid


def operations(clinic: Any) -> list[tuple[str, str]]:
    """By method and path, all that name a patient or an EHR in their path."""
    found = [
        (method, route.path)
        for route in clinic.app.routes
        if isinstance(route, APIRoute) and ("{patient_id}" in route.path or "{ehr_id}" in route.path)
        for method in sorted(route.methods or ())
    ]
    assert len(found) > 60
    return sorted(set(found) - ASKED_FOR_ID)


async def asked(clinic: Any, method: str, path: str, named: dict[str, str]) -> tuple[int, str | None]:
    """Status and code of the answer, any other name in the path being one that nothing has."""
    address = re.sub(r"\{(\w+)(:\w+)?\}", lambda match: named.get(match[1], str(uuid4())), path)
    uid = named["uid"]
    params = {"node": "systolic"} if path.endswith("/series") else {}
    if method in {"POST", "PUT"} and "/composition" in path and "/encounters" not in path:
        params = {"template_id": vital_signs.TEMPLATE_ID}
    answer = await clinic.client.request(
        method,
        address,
        params=params,
        json={} if method in {"POST", "PUT"} else None,
        headers=headers(clinic) | {"If-Match": f'"{uid}"'},
    )
    body = answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else {}
    return answer.status_code, body.get("code") if isinstance(body, dict) else None


async def test_no_operation_tells_a_restricted_patient_from_one_who_is_not_there(
    clinic: Any, hidden: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ehrs, "PATIENCE", 0.05)
    patient_id, ehr_id, uid = hidden
    theirs = {
        "patient_id": patient_id,
        "ehr_id": ehr_id,
        "uid": uid,
        "version_uid": uid,
        "object_id": uid.partition("::")[0],
        "versioned_object_uid": uid.partition("::")[0],
    }
    nobodys = theirs | {"patient_id": str(PatientId.new()), "ehr_id": str(EhrId.new())}
    one_by_one = asyncio.Semaphore(8)

    async def both(method: str, path: str) -> tuple[Any, Any]:
        async with one_by_one:
            return await asked(clinic, method, path, theirs), await asked(clinic, method, path, nobodys)

    given = operations(clinic)
    answers = await asyncio.gather(*(both(*operation) for operation in given))

    told = [(op, a, b) for op, (a, b) in zip(given, answers, strict=True) if a != b]
    assert told == []
    shown = [(op, a) for op, (a, _) in zip(given, answers, strict=True) if a[0] < 400]
    assert shown == []
    assert sum(a[0] == 404 for a, _ in answers) > len(given) * 0.8


async def test_who_has_the_right_sees_the_record_and_writes_to_it(
    clinic: Any, hidden: tuple[str, str, str]
) -> None:
    patient_id, ehr_id, uid = hidden

    assert await status(clinic, patient_id, **SEES_ALL) == 200
    read = await clinic.client.get(
        f"{BASE}/{patient_id}/compositions/{uid}", headers=headers(clinic, **SEES_ALL)
    )
    by_ehr = await clinic.client.get(f"/openehr/v1/ehr/{ehr_id}", headers=headers(clinic, **SEES_ALL))
    assert (read.status_code, by_ehr.status_code) == (200, 200)
    written = await clinic.write(patient_id, **headers(clinic, **SEES_ALL))
    assert written.status_code == 201


async def test_patients_see_their_own_record(clinic: Any, hidden: tuple[str, str, str]) -> None:
    patient_id, *_ = hidden
    own = clinic.headers("patient", "patient/Patient.r", patient=patient_id)

    answer = await clinic.client.get(f"{BASE}/{patient_id}/ehr", headers=own)

    assert answer.status_code == 200


async def test_a_restriction_that_is_lifted_is_none(clinic: Any, hidden: tuple[str, str, str]) -> None:
    patient_id, *_ = hidden
    await restrict(clinic, patient_id, 3, restricted=False)
    await becomes(clinic, patient_id, 200)

    await restrict(clinic, patient_id, 2)  # comes late, and again
    other, _ = await clinic.patient()
    await becomes(clinic, other, 200)

    assert await status(clinic, patient_id) == 200


async def test_who_is_registered_as_restricted_is_so_from_the_start(clinic: Any) -> None:
    patient_id = PatientId.new()
    event = PatientRegistered(patient_id=patient_id, ehr_id=EhrId.new(), version=1, restricted=True)
    await clinic.tell(event, patient_id, 1)

    await becomes(clinic, str(patient_id), 200, **SEES_ALL)

    assert await status(clinic, str(patient_id)) == 404


async def test_the_end_of_a_records_use_may_be_a_restriction_too(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    event = PatientDeactivated(
        patient_id=PatientId(patient_id), version=2, changed=("active", "restricted"), restricted=True
    )
    await clinic.tell(event, patient_id, 2)

    await becomes(clinic, patient_id, 404)


async def test_of_merged_patients_the_one_who_is_restricted_hides_the_record(
    clinic: Any, hidden: tuple[str, str, str]
) -> None:
    survivor = await clinic.patient()
    await becomes(clinic, survivor[0], 200)
    await clinic.merge((hidden[0], hidden[1]), survivor)

    await becomes(clinic, survivor[0], 404)
    assert await status(clinic, survivor[0], **SEES_ALL) == 200


async def test_a_query_over_all_records_leaves_them_out(clinic: Any, hidden: tuple[str, str, str]) -> None:
    patient_id, ehr_id, uid = hidden
    q = f"SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c WHERE c/uid/value = '{uid}'"

    async def found(query: str, **claims: Any) -> Any:
        answer = await clinic.client.post(
            "/openehr/v1/query/aql", json={"q": query}, headers=headers(clinic, **claims)
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert (await found(q))["rows"] == []
    assert (await found(q, **SEES_ALL))["rows"] == [[uid]]
    assert ehr_id not in str(await found("SELECT e/ehr_id/value FROM EHR e"))
    (few,), (all_of_them,) = [(await found(COUNT, **claims))["rows"][0] for claims in ({}, SEES_ALL)]
    assert few < all_of_them
    assert patient_id not in str(await found(q))


@pytest.mark.parametrize("named", ["predicate", "parameter", "header"])
async def test_a_query_that_names_their_ehr_finds_what_one_finds_that_names_nobodys(
    clinic: Any, hidden: tuple[str, str, str], named: str
) -> None:
    async def found(ehr_id: str, **claims: Any) -> tuple[int, Any]:
        asked: dict[str, Any] = {"q": COUNT}
        more = {}
        if named == "predicate":
            asked["q"] = (
                f"SELECT count(c/uid/value) FROM EHR e[ehr_id/value='{ehr_id}'] CONTAINS COMPOSITION c"
            )
        elif named == "parameter":
            asked["q"] = "SELECT count(c/uid/value) FROM EHR e[ehr_id/value=$ehr_id] CONTAINS COMPOSITION c"
            asked["query_parameters"] = {"ehr_id": ehr_id}
        else:
            more = {"openehr-ehr-id": ehr_id}
        answer = await clinic.client.post(
            "/openehr/v1/query/aql", json=asked, headers=headers(clinic, **claims) | more
        )
        return answer.status_code, answer.json().get("rows")

    assert await found(hidden[1]) == await found(str(EhrId.new()))
    assert await found(hidden[1], **SEES_ALL) == (200, [[1]])


async def test_a_merge_is_reviewed_by_who_may_know_both(clinic: Any, hidden: tuple[str, str, str]) -> None:
    survivor = await clinic.patient()
    await becomes(clinic, survivor[0], 200)
    merge_id = await clinic.merge((hidden[0], hidden[1]), survivor)
    await becomes(clinic, survivor[0], 404)
    address = f"/api/clinical/v1/merges/{merge_id}/review"

    refused = await clinic.client.get(address, headers=headers(clinic))
    shown = await clinic.client.get(address, headers=headers(clinic, **SEES_ALL))

    assert (refused.status_code, refused.json()["code"]) == (404, "merge-not-found")
    assert shown.status_code == 200


async def test_a_ward_list_tells_nothing_of_them(clinic: Any, hidden: tuple[str, str, str]) -> None:
    wish = {"patients": [hidden[0], str(PatientId.new())], "measurements": ["pulse"]}

    async def told(**claims: Any) -> list[dict[str, Any]]:
        answer = await clinic.client.post(
            "/api/clinical/v1/latest", json=wish, headers=headers(clinic, **claims)
        )
        assert answer.status_code == 200, answer.text
        return [{**each, "patient_id": ""} for each in answer.json()["patients"]]

    theirs, nobodys = await told()
    assert theirs == nobodys
    assert (await told(**SEES_ALL))[0]["values"]


@pytest.mark.parametrize("who", ["staff", "another patient"])
async def test_a_ward_list_takes_as_long_for_them_as_for_nobody(
    clinic: Any, hidden: tuple[str, str, str], who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of patients, that is so of everybody but themselves."""
    own, _ = await clinic.patient()
    await becomes(clinic, own, 200)
    staff, patient = headers(clinic), clinic.headers("patient", "patient/composition-*.r", patient=own)
    monkeypatch.setattr(ehrs, "PATIENCE", 0.5)

    async def taken(*patient_ids: str) -> float:
        before = time.monotonic()
        answer = await clinic.client.post(
            "/api/clinical/v1/latest",
            json={"patients": patient_ids, "measurements": ["pulse"]},
            headers=staff if who == "staff" else patient,
        )
        assert answer.status_code == 200, answer.text
        return time.monotonic() - before

    assert min(await taken(hidden[0]), await taken(str(PatientId.new()))) >= 0.5
    if who == "another patient":
        assert await taken((await clinic.patient())[0]) >= 0.5
