"""Which compositions a patient has, and the versions of one, with their authors."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from openward_cli.demo import vital_signs

BASE = "/api/clinical/v1/patients"


async def found(clinic: Any, patient_id: str, **params: Any) -> dict[str, Any]:
    url = f"{BASE}/{patient_id}/compositions"
    answer = await clinic.client.get(url, params=params, headers=clinic.headers())
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def uids(clinic: Any, patient_id: str, **params: Any) -> list[str]:
    return [item["version_uid"] for item in (await found(clinic, patient_id, **params))["items"]]


async def test_compositions_are_listed_the_newest_first_with_their_authors(clinic: Any) -> None:
    patient_id, ehr_id = await clinic.patient()
    assert (await found(clinic, patient_id)) == {"items": []}
    first, second, third = [(await clinic.write(patient_id)).json()["version_uid"] for _ in range(3)]
    corrected = (await clinic.correct(patient_id, first)).json()["version_uid"]

    body = await found(clinic, patient_id)

    assert [item["version_uid"] for item in body["items"]] == [corrected, third, second]
    latest = body["items"][0]
    assert (latest["version"], latest["ehr_id"], latest["template_id"]) == (
        2,
        ehr_id,
        vital_signs.TEMPLATE_ID,
    )
    assert latest["lifecycle_state"] == "complete"
    assert latest["committer"] == {"sub": "clinician-1", "client_id": "web", "roles": ["clinician"]}
    assert datetime.fromisoformat(latest["committed_at"]).tzinfo is not None


async def test_lists_come_page_by_page_and_of_one_template(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    written = [(await clinic.write(patient_id)).json()["version_uid"] for _ in range(5)]
    first = await found(clinic, patient_id, limit=2)
    second = await found(clinic, patient_id, limit=2, cursor=first["next_cursor"])
    last = await found(clinic, patient_id, limit=2, cursor=second["next_cursor"])
    listed = [item["version_uid"] for page in (first, second, last) for item in page["items"]]
    assert listed == written[::-1]
    assert "next_cursor" not in last
    assert await uids(clinic, patient_id, template_id=vital_signs.TEMPLATE_ID) == listed
    assert await uids(clinic, patient_id, template_id="another") == []

    other, _ = await clinic.patient()
    url, cursor = f"{BASE}/{other}/compositions", {"cursor": first["next_cursor"]}
    refused = await clinic.client.get(url, params=cursor, headers=clinic.headers())
    assert (refused.status_code, refused.json()["code"]) == (400, "cursor-invalid")


async def test_what_the_caller_may_not_read_is_left_out(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    await clinic.write(patient_id)
    url = f"{BASE}/{patient_id}/compositions"
    other = await clinic.client.get(url, headers=clinic.headers(scope="user/composition-labs.r"))
    assert (other.status_code, other.json()) == (200, {"items": []})
    assert (await clinic.client.get(url, headers=clinic.headers("clerk"))).status_code == 403
    stranger = clinic.headers("patient", "patient/composition-*.r", patient=str(uuid4()))
    assert (await clinic.client.get(url, headers=stranger)).status_code == 403


async def test_a_version_that_was_committed_as_incomplete_is_listed_as_such(clinic: Any) -> None:
    patient_id, ehr_id = await clinic.patient()
    said = {"openehr-version": 'lifecycle_state.code_string="553"', "Content-Type": "application/json"}
    written = await clinic.client.post(
        f"/openehr/v1/ehr/{ehr_id}/composition",
        params={"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID},
        json=vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada"),
        headers=clinic.headers() | said,
    )
    assert written.is_success, written.text
    assert [item["lifecycle_state"] for item in (await found(clinic, patient_id))["items"]] == ["incomplete"]


async def test_a_history_has_all_versions_and_the_deletion(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    first = (await clinic.write(patient_id)).json()["version_uid"]
    second = (await clinic.correct(patient_id, first)).json()["version_uid"]
    url = f"{BASE}/{patient_id}/compositions/{first[:36]}"
    headers = clinic.headers() | {"If-Match": f'"{second}"'}
    assert (await clinic.client.delete(url, headers=headers)).status_code == 204

    answer = await clinic.client.get(f"{url}/history", headers=clinic.headers())

    assert answer.status_code == 200, answer.text
    versions = [(each["version"], each.get("deleted", False)) for each in answer.json()]
    assert versions == [(3, True), (2, False), (1, False)]
    assert [each["lifecycle_state"] for each in answer.json()] == ["deleted", "complete", "complete"]
    assert {each["committer"]["sub"] for each in answer.json()} == {"clinician-1"}
    assert await uids(clinic, patient_id) == []


async def test_histories_of_others_are_not_there(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    other, _ = await clinic.patient()
    uid = (await clinic.write(other)).json()["version_uid"][:36]
    for name in (uid, str(uuid4()), "x"):
        url = f"{BASE}/{patient_id}/compositions/{name}/history"
        answer = await clinic.client.get(url, headers=clinic.headers())
        assert (answer.status_code, answer.json()["code"]) == (404, "composition-not-found")


async def test_merged_patients_have_theirs_together(clinic: Any) -> None:
    source, survivor = await clinic.patient(), await clinic.patient()
    written = {(await clinic.write(person[0])).json()["version_uid"] for person in (source, survivor)}
    await clinic.merge(source, survivor)
    async with asyncio.timeout(60):
        while set(await uids(clinic, survivor[0])) != written:
            await asyncio.sleep(0.1)
    assert set(await uids(clinic, source[0])) == written


async def test_what_is_told_of_a_patient_stays_in_no_cache(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    headers = clinic.headers(scope="user/composition-*.crud user/Encounter.cruds")
    encounters = f"{BASE}/{patient_id}/encounters"
    opened = await clinic.client.post(encounters, json={"encounter_class": "AMB"}, headers=headers)
    one = f"{encounters}/{opened.json()['encounter_id']}"
    compositions = f"{BASE}/{patient_id}/compositions"
    lists = compositions, f"{compositions}/{uid[:36]}/history", encounters, f"{one}/compositions"
    for url in (*lists, one, f"{one}/history", "/api/clinical/v1/encounters"):
        answer = await clinic.client.get(url, headers=headers)
        assert (answer.status_code, answer.headers.get("cache-control")) == (200, "no-store"), url


async def test_nothing_of_others_is_in_an_encounter_whatever_is_kept(clinic: Any) -> None:
    (mine, ehr_id), (other, _) = await clinic.patient(), await clinic.patient()
    headers = clinic.headers(scope="user/composition-*.crud user/Encounter.cruds")
    url = f"{BASE}/{mine}/encounters"
    opened = await clinic.client.post(url, json={"encounter_class": "AMB"}, headers=headers)
    url = f"{url}/{opened.json()['encounter_id']}/compositions"
    own, foreign = [(await clinic.write(whose)).json()["version_uid"] for whose in (mine, other)]
    assert (await clinic.client.put(f"{url}/{own[:36]}", headers=headers)).status_code == 204
    await clinic.app.state.clinical.belonging.belongings._pool.execute(
        "insert into composition_encounter (object_id, ehr_id, encounter_id, version, recorded_by, state) "
        "values ($1, $2, $3, 1, 'ada', 'done')",
        UUID(foreign[:36]),
        UUID(ehr_id),
        UUID(opened.json()["encounter_id"]),
    )
    inside = (await clinic.client.get(url, headers=headers)).json()["items"]
    assert [each["version_uid"] for each in inside] == [own]
