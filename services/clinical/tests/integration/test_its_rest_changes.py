"""EHR_STATUS, directory and tags are changed by EHR id: once, and told by events."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openward_contracts.clinical import DirectoryChanged, EhrStatusUpdated
from openward_testkit.events import EventCatcher
from openward_testkit.nats import NatsServer

SCOPE = "user/composition-*.cruds user/Patient.cruds"
FOLDER = {
    "_type": "FOLDER",
    "name": {"_type": "DV_TEXT", "value": "root"},
    "archetype_node_id": "openEHR-EHR-FOLDER.generic.v1",
    "folders": [
        {
            "_type": "FOLDER",
            "name": {"_type": "DV_TEXT", "value": "visits"},
            "archetype_node_id": "openEHR-EHR-FOLDER.generic.v1",
        }
    ],
}


async def ready(clinic: Any) -> str:
    """The EHR of a patient, in EHRbase."""
    patient_id, ehr_id = await clinic.patient()
    await clinic.write(patient_id)
    return str(ehr_id)


async def send(clinic: Any, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    answer: httpx.Response = await clinic.client.request(
        method, f"/openehr/v1/ehr/{path}", json=body, headers=clinic.headers(scope=SCOPE) | headers
    )
    return answer


@pytest.mark.parametrize("spelling", ['"{}"', 'W/"{}"', "{}"])
async def test_a_status_is_changed_after_the_version_that_is_known(clinic: Any, spelling: str) -> None:
    ehr_id = await ready(clinic)
    path = f"{ehr_id}/ehr_status"
    status = await send(clinic, "GET", path)
    uid = status.headers["etag"].strip('"')
    body = {**status.json(), "is_queryable": False}

    changed = await send(clinic, "PUT", path, body, **{"If-Match": spelling.format(uid)})
    late = await send(clinic, "PUT", path, body, **{"If-Match": f'"{uid}"'})

    assert (changed.status_code, changed.content) == (204, b"")
    assert changed.headers["etag"] == f'"{uid[:-1]}2"'
    assert changed.headers["location"] == f"{clinic.origin}/openehr/v1/ehr/{path}/{uid[:-1]}2"
    assert (await send(clinic, "GET", path)).json()["is_queryable"] is False
    assert (late.status_code, late.headers["etag"]) in [
        (412, f'"{uid[:-1]}2"'),
        (204, f'"{uid[:-1]}2"'),  # the very same request, so it has been carried out
    ]


async def test_of_two_who_change_a_status_one_wins(clinic: Any) -> None:
    path = f"{await ready(clinic)}/ehr_status"
    status = await send(clinic, "GET", path)
    match = {"If-Match": status.headers["etag"]}
    names = [{"_type": "DV_TEXT", "value": f"Status {n}"} for n in range(4)]

    answers = await asyncio.gather(
        *(send(clinic, "PUT", path, {**status.json(), "name": name}, **match) for name in names)
    )

    assert sorted(answer.status_code for answer in answers) == [204, 412, 412, 412]
    lost = next(answer for answer in answers if answer.status_code == 412)
    assert lost.headers["etag"].endswith('::2"')
    assert lost.headers["location"].endswith("::2")


async def test_every_preference_has_its_answer(clinic: Any) -> None:
    path = f"{await ready(clinic)}/ehr_status"

    async def change(prefer: str) -> httpx.Response:
        status = await send(clinic, "GET", path)
        body = {**status.json(), "name": {"_type": "DV_TEXT", "value": uuid4().hex}}
        return await send(clinic, "PUT", path, body, **{"If-Match": status.headers["etag"], "Prefer": prefer})

    minimal, identifier, whole = [
        await change(f"return={wish}") for wish in ("minimal", "identifier", "representation")
    ]

    assert [answer.status_code for answer in (minimal, identifier, whole)] == [204, 200, 200]
    assert identifier.json() == {"uid": identifier.headers["etag"].strip('"')}
    assert whole.json()["uid"]["value"] == whole.headers["etag"].strip('"')


async def test_a_directory_is_made_read_changed_and_deleted(clinic: Any, nats_server: NatsServer) -> None:
    ehr_id = await ready(clinic)
    path = f"{ehr_id}/directory"
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "CLINICAL").watching() as catcher,
    ):
        made = await send(clinic, "POST", path, FOLDER, Prefer="return=representation")
        uid = made.headers["etag"].strip('"')
        second = await send(clinic, "POST", path, FOLDER)
        inner = await send(clinic, "GET", f"{path}?path=visits")
        changed = await send(clinic, "PUT", path, {**FOLDER, "folders": []}, **{"If-Match": f'"{uid}"'})
        stale = await send(clinic, "PUT", path, FOLDER, **{"If-Match": f'"{uid}"'})
        first = await send(clinic, "GET", f"{path}/{uid}")
        deleted = await send(clinic, "DELETE", path, **{"If-Match": changed.headers["etag"]})
        gone = await send(clinic, "GET", path)
        event = await catcher.wait_for(
            DirectoryChanged, lambda e: e.data.change == "updated" and str(e.data.ehr_id) == ehr_id
        )

    assert (made.status_code, made.json()["uid"]["value"]) == (201, uid)
    assert second.status_code == 409
    assert inner.json()["name"]["value"] == "visits"
    assert (changed.status_code, changed.headers["etag"]) == (204, f'"{uid[:-1]}2"')
    assert (stale.status_code, stale.headers["etag"]) == (412, f'"{uid[:-1]}2"')
    assert len(first.json()["folders"]) == 1
    assert (deleted.status_code, gone.status_code) == (204, 404)
    assert event.envelope.authid == "clinician-1"


async def test_the_same_key_makes_one_directory(clinic: Any, key: dict[str, str]) -> None:
    path = f"{await ready(clinic)}/directory"

    first, second = [await send(clinic, "POST", path, FOLDER, **key) for _ in range(2)]
    other = await send(clinic, "POST", path, {**FOLDER, "folders": []}, **key)

    assert (first.status_code, second.status_code) == (204, 204)
    assert first.headers["etag"] == second.headers["etag"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_status_that_changes_is_told_with_who_changed_it(
    clinic: Any, nats_server: NatsServer
) -> None:
    ehr_id = await ready(clinic)
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "CLINICAL").watching() as catcher,
    ):
        status = await send(clinic, "GET", f"{ehr_id}/ehr_status")
        body = {**status.json(), "is_queryable": False}
        await send(clinic, "PUT", f"{ehr_id}/ehr_status", body, **{"If-Match": status.headers["etag"]})
        event = await catcher.wait_for(EhrStatusUpdated, lambda e: str(e.data.ehr_id) == ehr_id)

    assert event.envelope.authid == "clinician-1"


async def test_an_ehr_that_is_not_modifiable_takes_no_directory(clinic: Any) -> None:
    ehr_id = await ready(clinic)
    status = await send(clinic, "GET", f"{ehr_id}/ehr_status")
    locked = {**status.json(), "is_modifiable": False}
    await send(clinic, "PUT", f"{ehr_id}/ehr_status", locked, **{"If-Match": status.headers["etag"]})

    answer = await send(clinic, "POST", f"{ehr_id}/directory", FOLDER)

    assert answer.status_code == 409
    assert "does not allow modification" in answer.json()["message"]


async def test_tags_are_set_read_and_removed(clinic: Any) -> None:
    patient_id, ehr_id = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    path = f"{ehr_id}/composition/{uid.partition('::')[0]}/tags"

    made = await send(
        clinic, "PUT", path, [{"key": "reviewed", "value": "yes"}], Prefer="return=representation"
    )
    read = await send(clinic, "GET", path)
    some = await send(clinic, "GET", f"{path}?keys=other")
    removed = await send(clinic, "DELETE", path, [read.json()[0]["id"]])
    left = await send(clinic, "GET", path)

    assert made.status_code == 200, made.text
    assert [(tag["key"], tag["value"]) for tag in read.json()] == [("reviewed", "yes")]
    assert some.json() == []
    assert (removed.status_code, left.json()) == (204, [])


async def test_what_may_not_be_shown_is_changed_all_the_same(clinic: Any) -> None:
    path = f"{await ready(clinic)}/directory"
    blind = clinic.headers(scope="user/composition-*.c") | {"Prefer": "return=representation"}

    answer = await clinic.client.post(f"/openehr/v1/ehr/{path}", json=FOLDER, headers=blind)

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("scope", ["user/composition-visit.v1.crud user/Patient.r", "user/composition-*.r"])
async def test_changes_need_their_permission(clinic: Any, scope: str) -> None:
    ehr_id = await ready(clinic)
    status = await clinic.get(f"/openehr/v1/ehr/{ehr_id}/ehr_status")
    headers = clinic.headers(scope=scope) | {"If-Match": status.headers["etag"]}

    for method, path in (("PUT", "ehr_status"), ("POST", "directory"), ("PUT", "directory")):
        answer = await clinic.client.request(
            method, f"/openehr/v1/ehr/{ehr_id}/{path}", json=status.json(), headers=headers
        )
        assert answer.status_code == 403, (method, path)


async def test_a_merged_ehr_takes_no_change_at_all(clinic: Any) -> None:
    source, survivor = await clinic.patient(), await clinic.patient()
    await clinic.write(source[0])
    await clinic.write(survivor[0])
    await clinic.merge(source, survivor)
    await _follows(clinic, source[1])
    status = await send(clinic, "GET", f"{source[1]}/ehr_status")
    freed = {**status.json(), "is_modifiable": True}
    match = {"If-Match": status.headers["etag"]}

    answers = [
        await send(clinic, "PUT", f"{source[1]}/ehr_status", freed, **match),
        await send(clinic, "POST", f"{source[1]}/directory", FOLDER),
        await send(clinic, "POST", f"{source[1]}/contribution", {"versions": []}),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "ehr-merged")] * 3


async def _follows(clinic: Any, ehr_id: str) -> None:
    """Until EHRbase has locked the EHR."""
    async with asyncio.timeout(60):
        while (await send(clinic, "GET", f"{ehr_id}/ehr_status")).json()["is_modifiable"]:
            await asyncio.sleep(0.1)
