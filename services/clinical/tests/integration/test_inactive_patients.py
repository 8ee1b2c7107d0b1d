"""Who is not active in the registry has a record that is read and not written to."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from clinical.adapters.postgres_ehrs import PostgresEhrs
from clinical.settings import Settings
from openward_cli.demo import vital_signs
from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.patients import (
    PatientDeactivated,
    PatientRegistered,
    PatientRestricted,
    PatientUpdated,
)

BASE = "/api/clinical/v1/patients"
SCOPE = "user/composition-*.cruds user/Patient.cruds user/aql-*.s"
FLAT = {"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"}
VITALS = vital_signs.flat(117, 70, "2026-11-22T10:00:00Z", composer="Ada")
OTHERS = vital_signs.flat(118, 70, "2026-11-22T10:00:00Z", composer="Ada")
FOLDER = {
    "_type": "FOLDER",
    "name": {"_type": "DV_TEXT", "value": "root"},
    "archetype_node_id": "openEHR-EHR-FOLDER.generic.v1",
}
REFUSED = (409, "patient-inactive")

Person = tuple[str, str]


async def send(clinic: Any, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
    headers = clinic.headers(scope=SCOPE) | more.pop("headers", {})
    answer: httpx.Response = await clinic.client.request(method, path, json=body, headers=headers, **more)
    return answer


def judged(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def known(clinic: Any, patient_id: str, *, active: bool) -> None:
    projection = clinic.app.state.clinical.ehrs.ehrs
    async with asyncio.timeout(60):
        while (record := await projection.of_patient(PatientId(patient_id))) is None or (
            record.active is not active
        ):
            await asyncio.sleep(0.02)


async def deactivate(clinic: Any, person: Person, version: int = 2) -> None:
    payload = PatientDeactivated(patient_id=person[0], version=version, changed=("active",))
    await clinic.tell(payload, person[0], version)
    await known(clinic, person[0], active=False)


async def reactivate(clinic: Any, person: Person, version: int = 3) -> None:
    payload = PatientUpdated(patient_id=person[0], version=version, changed=("active", "names"))
    await clinic.tell(payload, person[0], version)
    await known(clinic, person[0], active=True)


def coded(word: str, code: str) -> dict[str, Any]:
    phrase = {"terminology_id": {"value": "openehr"}, "code_string": code}
    return {"_type": "DV_CODED_TEXT", "value": word, "defining_code": phrase}


def contribution(content: Any) -> dict[str, Any]:
    audit = {"_type": "AUDIT_DETAILS", "change_type": coded("creation", "249")}
    version = {
        "_type": "ORIGINAL_VERSION",
        "commit_audit": audit,
        "lifecycle_state": coded("complete", "532"),
        "data": {name: value for name, value in content.items() if name != "uid"},
    }
    return {"_type": "CONTRIBUTION", "versions": [version], "audit": audit}


@pytest.fixture
async def person(clinic: Any) -> Person:
    one: Person = await clinic.patient()
    await known(clinic, one[0], active=True)
    return one


@pytest.fixture
async def uid(clinic: Any, person: Person) -> str:
    answer = await clinic.write(person[0], VITALS)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["version_uid"])


async def test_nothing_clinical_is_written_by_either_api(clinic: Any, person: Person, uid: str) -> None:
    patient, ehr = f"{BASE}/{person[0]}/compositions", f"/openehr/v1/ehr/{person[1]}"
    object_id, match = uid.partition("::")[0], {"headers": {"If-Match": f'"{uid}"'}}
    content = (await clinic.read(person[0], uid, "CANONICAL")).json()
    folder = await send(clinic, "POST", f"{ehr}/directory", FOLDER)
    directory = {"headers": {"If-Match": folder.headers["etag"]}}
    await deactivate(clinic, person)

    by_patient = [
        await send(clinic, "POST", patient, OTHERS, params=FLAT),
        await send(clinic, "PUT", f"{patient}/{object_id}", OTHERS, params=FLAT, **match),
        await send(clinic, "DELETE", f"{patient}/{object_id}", **match),
    ]
    by_ehr = [
        await send(clinic, "POST", f"{ehr}/composition", OTHERS, params=FLAT),
        await send(clinic, "PUT", f"{ehr}/composition/{object_id}", OTHERS, params=FLAT, **match),
        await send(clinic, "DELETE", f"{ehr}/composition/{uid}"),
        await send(clinic, "POST", f"{ehr}/contribution", contribution(content)),
        await send(clinic, "POST", f"{ehr}/directory", FOLDER),
        await send(clinic, "PUT", f"{ehr}/directory", FOLDER, **directory),
        await send(clinic, "DELETE", f"{ehr}/directory", **directory),
        await send(clinic, "PUT", f"{ehr}/composition/{object_id}/tags", [{"key": "ward", "value": "7"}]),
    ]

    assert [judged(answer) for answer in by_patient + by_ehr] == [REFUSED] * 11
    words = f"EHR with id {person[1]} does not allow modification"
    assert {answer.json()["message"] for answer in by_ehr} == {words}


async def test_what_is_recorded_is_read_and_asked_for(clinic: Any, person: Person, uid: str) -> None:
    await deactivate(clinic, person)

    read = await clinic.read(person[0], uid)
    found = await clinic.query(person[0], "SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c")
    ehr = await send(clinic, "GET", f"/openehr/v1/ehr/{person[1]}")

    assert (read.status_code, read.headers["etag"]) == (200, f'"{uid}"')
    assert found.json()["rows"] == [[uid]]
    assert (ehr.status_code, ehr.json()["ehr_status"]["is_modifiable"]) == (200, True)


async def test_the_status_of_the_ehr_is_changed(clinic: Any, person: Person, uid: str) -> None:
    path = f"/openehr/v1/ehr/{person[1]}/ehr_status"
    status = await send(clinic, "GET", path)
    await deactivate(clinic, person)
    body = {**status.json(), "is_queryable": False}

    changed = await send(clinic, "PUT", path, body, headers={"If-Match": status.headers["etag"]})

    assert (changed.status_code, uid[-3:]) == (204, "::1")


async def test_who_is_active_again_is_written_for(clinic: Any, person: Person, uid: str) -> None:
    await deactivate(clinic, person)
    refused = await clinic.correct(person[0], uid)

    await reactivate(clinic, person)
    corrected = await clinic.correct(person[0], uid)

    assert (judged(refused), corrected.status_code) == (REFUSED, 200)


async def test_a_restriction_that_activates_is_heard_and_another_update_is_not(
    clinic: Any, person: Person
) -> None:
    renamed = PatientUpdated(patient_id=person[0], version=3, changed=("names",))
    restricted = PatientRestricted(
        patient_id=person[0], version=4, restricted=False, changed=("active", "restricted")
    )
    await deactivate(clinic, person)

    await clinic.tell(renamed, person[0], 3)
    refused = await clinic.write(person[0])
    await clinic.tell(restricted, person[0], 4)
    await known(clinic, person[0], active=True)

    assert judged(refused) == REFUSED
    assert (await clinic.write(person[0])).status_code == 201


async def test_who_is_registered_as_inactive_has_an_ehr_that_takes_nothing(clinic: Any) -> None:
    patient_id, ehr_id = PatientId.new(), EhrId.new()
    payload = PatientRegistered(patient_id=patient_id, ehr_id=ehr_id, version=1, active=False)

    await clinic.tell(payload, patient_id, 1)
    await known(clinic, str(patient_id), active=False)

    assert judged(await clinic.write(str(patient_id))) == REFUSED
    assert (await send(clinic, "GET", f"/openehr/v1/ehr/{ehr_id}")).status_code == 200


@pytest.mark.parametrize("answer", ["kept", "lost"])
async def test_what_was_written_before_is_answered_again(
    clinic: Any, settings: Settings, person: Person, key: dict[str, str], answer: str
) -> None:
    ehr = f"/openehr/v1/ehr/{person[1]}"

    async def sent(body: Any = VITALS) -> list[httpx.Response]:
        return [
            await clinic.write(person[0], body, **key),
            await send(
                clinic, "POST", f"{ehr}/directory", FOLDER, headers={"Idempotency-Key": "directory-" + made}
            ),
            await send(clinic, "POST", f"{ehr}/contribution", commit, headers={"Idempotency-Key": made}),
        ]

    made = key["Idempotency-Key"][1:]
    template = (await clinic.write(person[0])).json()["version_uid"]
    commit = contribution((await clinic.read(person[0], template, "CANONICAL")).json())
    before = await sent()
    await deactivate(clinic, person)
    if answer == "lost":
        await forget(settings)
    again = await sent()

    assert [b.status_code for b in before] == [201, 204, 204], [a.text for a in before]
    assert [a.status_code for a in again] == [201, 204, 204], [a.text for a in again]
    assert [a.headers["etag"] for a in again] == [b.headers["etag"] for b in before]


async def forget(settings: Settings) -> None:
    """The answers that are kept under keys, as if the process had died before it kept them."""
    password = settings.database_password.get_secret_value()
    connection = await asyncpg.connect(settings.database_url, password=password)
    await connection.execute("delete from idempotency_key")
    await connection.close()


async def test_a_correction_is_answered_again_and_another_is_refused(
    clinic: Any, person: Person, uid: str
) -> None:
    before = await clinic.correct(person[0], uid, OTHERS)
    await deactivate(clinic, person)

    again = await clinic.correct(person[0], uid, OTHERS)
    other = await clinic.correct(person[0], uid, VITALS)

    assert (again.status_code, again.json()) == (200, before.json())
    assert judged(other) == REFUSED


async def test_of_merged_patients_the_survivor_decides(clinic: Any, person: Person, uid: str) -> None:
    survivor = await clinic.patient()
    await deactivate(clinic, person)
    await clinic.merge(person, survivor)
    async with asyncio.timeout(60):
        while (await clinic.read(survivor[0], uid)).status_code != 200:
            await asyncio.sleep(0.05)

    written = await clinic.write(person[0])
    await deactivate(clinic, survivor)
    refused = [await clinic.write(one) for one in (person[0], survivor[0])]

    assert (written.status_code, written.json()["ehr_id"]) == (201, survivor[1])
    assert [judged(answer) for answer in refused] == [REFUSED] * 2


@pytest.fixture
async def ehrs(settings: Settings) -> AsyncIterator[PostgresEhrs]:
    password = settings.database_password.get_secret_value()
    async with asyncpg.create_pool(settings.database_url, password=password, min_size=1, max_size=2) as pool:
        yield PostgresEhrs(pool)


async def test_events_count_by_version_whatever_order_they_come_in(ehrs: PostgresEhrs) -> None:
    patient_id, seen = PatientId.new(), []
    await ehrs.link(patient_id, EhrId.new())

    for version, active in ((3, True), (2, False), (5, False), (4, True), (5, False), (6, True)):
        assert await ehrs.note_activity(patient_id, version, active=active)
        record = await ehrs.of_patient(patient_id)
        seen.append(record is not None and record.active)

    assert seen == [True, True, False, False, False, True]


async def test_what_comes_before_the_registration_has_to_come_again(ehrs: PostgresEhrs) -> None:
    patient_id = PatientId.new()

    assert not await ehrs.note_activity(patient_id, 2, active=False)
    await ehrs.link(patient_id, EhrId.new())
    assert await ehrs.note_activity(patient_id, 2, active=False)
    await ehrs.link(patient_id, EhrId.new())  # the registration once more

    record = await ehrs.of_patient(patient_id)
    assert record is not None
    assert not record.active
