"""Many at once on one EHR: each is answered truly, one of those who contradict each other wins."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from openward_cli.demo import vital_signs

SCOPE = "user/composition-*.cruds user/Patient.cruds user/aql-*.s"
ITS = "/openehr/v1/ehr"
FLAT = {"templateId": vital_signs.TEMPLATE_ID, "format": "FLAT"}
WRITERS = 1000
RIVALS = 50
FOLDER = {
    "_type": "FOLDER",
    "name": {"_type": "DV_TEXT", "value": "root"},
    "archetype_node_id": "openEHR-EHR-FOLDER.generic.v1",
}


async def send(clinic: Any, method: str, path: str, **request: Any) -> httpx.Response:
    headers = clinic.headers(scope=SCOPE) | request.pop("headers", {})
    answer: httpx.Response = await clinic.client.request(method, f"{ITS}/{path}", headers=headers, **request)
    return answer


async def recorded(clinic: Any) -> tuple[str, str]:
    """EHR id and the uid of a composition."""
    patient_id, ehr_id = await clinic.patient()
    return ehr_id, (await clinic.write(patient_id)).json()["version_uid"]


async def test_a_thousand_writers_on_one_ehr_are_answered_truly(
    clinic: Any, ehrbase_tables: asyncpg.Connection
) -> None:
    ehr_id, uid = await recorded(clinic)
    body = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")

    async def write(key: str) -> httpx.Response:
        return await send(
            clinic,
            "POST",
            f"{ehr_id}/composition",
            json=body,
            params=FLAT,
            headers={"Idempotency-Key": key},
        )

    keys = [uuid4().hex for _ in range(WRITERS)]
    answers = await asyncio.gather(*(write(key) for key in keys))
    written = {answer.headers["etag"].strip('"') for answer in answers if answer.status_code == 204}
    refused = [key for key, answer in zip(keys, answers, strict=True) if answer.status_code != 204]
    stored = await versions(ehrbase_tables, ehr_id) - {uid}

    assert {answer.status_code for answer in answers} <= {204, 503}
    assert all(int(a.headers["retry-after"]) > 0 for a in answers if a.status_code == 503)
    assert written == stored
    assert len(written) + len(refused) == WRITERS
    assert (await send(clinic, "GET", f"{ehr_id}/composition/{uid}")).status_code == 200
    assert (await write(refused[0] if refused else keys[0])).status_code == 204


async def versions(tables: asyncpg.Connection, ehr_id: str) -> set[str]:
    rows = await tables.fetch("select vo_id, sys_version from ehr.comp_version where ehr_id = $1", ehr_id)
    return {f"{row['vo_id']}::openward.local::{row['sys_version']}" for row in rows}


async def test_of_many_corrections_one_wins_and_the_others_learn_the_current_version(clinic: Any) -> None:
    ehr_id, uid = await recorded(clinic)

    async def correct(number: int) -> httpx.Response:
        body = vital_signs.flat(100 + number, 80, "2026-11-22T10:00:00Z", composer="Ada")
        path = f"{ehr_id}/composition/{uid[:36]}"
        return await send(clinic, "PUT", path, json=body, params=FLAT, headers={"If-Match": f'"{uid}"'})

    answers = await raced(correct)

    second = f"{uid[:-1]}2"
    lost = [answer for answer in answers if answer.status_code == 412]
    assert [a.headers["etag"] for a in answers if a.status_code == 204] == [f'"{second}"']
    assert {(a.headers["etag"], a.headers["location"]) for a in lost} == {
        (f'"{second}"', f"{clinic.origin}{ITS}/{ehr_id}/composition/{second}")
    }


async def test_of_many_who_change_a_status_one_wins(clinic: Any) -> None:
    ehr_id, _ = await recorded(clinic)
    status = await send(clinic, "GET", f"{ehr_id}/ehr_status")
    first = status.headers["etag"]

    async def change(number: int) -> httpx.Response:
        body = {**status.json(), "name": {"_type": "DV_TEXT", "value": f"Status {number}"}}
        return await send(clinic, "PUT", f"{ehr_id}/ehr_status", json=body, headers={"If-Match": first})

    _one_won(await raced(change), f'{first[:-2]}2"')


async def test_of_many_who_change_a_directory_one_wins(clinic: Any) -> None:
    ehr_id, _ = await recorded(clinic)
    first = (await send(clinic, "POST", f"{ehr_id}/directory", json=FOLDER)).headers["etag"]

    async def change(number: int) -> httpx.Response:
        body = {**FOLDER, "name": {"_type": "DV_TEXT", "value": f"Folder {number}"}}
        return await send(clinic, "PUT", f"{ehr_id}/directory", json=body, headers={"If-Match": first})

    _one_won(await raced(change), f'{first[:-2]}2"')


async def test_of_a_correction_and_a_deletion_one_wins(clinic: Any) -> None:
    ehr_id, uid = await recorded(clinic)
    body = vital_signs.flat(140, 80, "2026-11-22T10:00:00Z", composer="Ada")

    answers = await asyncio.gather(
        send(clinic, "DELETE", f"{ehr_id}/composition/{uid}"),
        send(
            clinic,
            "PUT",
            f"{ehr_id}/composition/{uid[:36]}",
            json=body,
            params=FLAT,
            headers={"If-Match": f'"{uid}"'},
        ),
    )

    assert Counter(answer.is_success for answer in answers) == {True: 1, False: 1}
    (lost,) = (answer for answer in answers if not answer.is_success)
    # ITS-REST: a deletion that does not name the latest version is a conflict.
    status = 409 if lost.request.method == "DELETE" else 412
    assert (lost.status_code, lost.headers["etag"]) == (status, f'"{uid[:-1]}2"')


async def test_many_who_make_a_directory_make_one(clinic: Any) -> None:
    ehr_id, _ = await recorded(clinic)

    async def make(_number: int) -> httpx.Response:
        return await send(clinic, "POST", f"{ehr_id}/directory", json=FOLDER)

    answers = await raced(make)

    assert Counter(answer.status_code for answer in answers) == {204: 1, 409: RIVALS - 1}


@pytest.mark.parametrize("place", ["composition", "directory"])
async def test_many_with_the_same_key_do_it_once_and_get_one_answer(
    clinic: Any, place: str, key: dict[str, str]
) -> None:
    ehr_id, _ = await recorded(clinic)
    bodies: dict[str, list[Any]] = {
        "composition": [
            vital_signs.flat(systolic, 80, "2026-11-22T10:00:00Z", composer="Ada") for systolic in (120, 121)
        ],
        "directory": [FOLDER, {**FOLDER, "folders": []}],
    }
    body, another = bodies[place]
    params = FLAT if place == "composition" else {}

    async def make(_number: int) -> httpx.Response:
        return await send(clinic, "POST", f"{ehr_id}/{place}", json=body, params=params, headers=key)

    answers = await raced(make)
    settled = await make(0)
    other = await send(clinic, "POST", f"{ehr_id}/{place}", json=another, params=params, headers=key)

    said = {(a.status_code, a.headers["etag"]) for a in answers if a.is_success}
    assert said == {(204, settled.headers["etag"])}
    assert {a.json()["code"] for a in answers if not a.is_success} <= {"request-in-progress"}
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def raced(send_one: Callable[[int], Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """Who was told to come again, because another is at it, comes again."""

    async def insist(number: int) -> httpx.Response:
        while True:
            answer = await send_one(number)
            busy = answer.status_code == 503 or _code(answer) == "version-being-written"
            if not busy:
                return answer
            await asyncio.sleep(0.2)

    return await asyncio.gather(*(insist(number) for number in range(RIVALS)))


def _code(answer: httpx.Response) -> str:
    return "" if answer.is_success else str(answer.json().get("code"))


def _one_won(answers: Iterable[httpx.Response], current: str) -> None:
    answers = list(answers)
    assert Counter(answer.status_code for answer in answers) == {204: 1, 412: RIVALS - 1}
    assert {answer.headers["etag"] for answer in answers} == {current}
    lost = (answer for answer in answers if answer.status_code == 412)
    assert all(answer.headers["location"].endswith(current.strip('"')) for answer in lost)
