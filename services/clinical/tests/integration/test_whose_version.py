"""What is there counts as ours only if it can be: others write to EHRbase past this service, and at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from clinical.service import writes
from clinical.settings import Settings
from openward_testkit.ehr_writes import (
    FLAT,
    FOLDER,
    ITS,
    SCOPE,
    Prepare,
    canonical_create,
    contribution,
    directory_post,
    flat_create_by_ehr,
    recorded,
    vitals,
)
from openward_testkit.faulty import Fault, FaultyWay
from openward_testkit.waiting import eventually

RAW = f"/ehrbase/rest{ITS}"


@pytest.fixture(autouse=True)
def _asked_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "PAUSE", 0.05)


@pytest.fixture(scope="module")
async def shaky(clinic: Any, settings: Settings, way: FaultyWay) -> AsyncIterator[Any]:
    """A second process of the service that reaches EHRbase by the faulty way."""
    async with clinic.beside(settings, way.own_port, ehrbase_timeout_seconds=5.0) as beside:
        yield beside


@pytest.fixture
async def own(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    password = settings.database_password.get_secret_value()
    connection = await asyncpg.connect(str(settings.database_url), password=password)
    yield connection
    await connection.close()


async def ask(
    clinic: Any, method: str, path: str, match: str = "", who: str = "ada", **sent: Any
) -> httpx.Response:
    headers = clinic.headers(scope=SCOPE, sub=who) | sent.pop("headers", {})
    headers |= {"If-Match": f'"{match}"'} if match else {}
    answer: httpx.Response = await clinic.client.request(method, f"{ITS}/{path}", headers=headers, **sent)
    return answer


async def directory(clinic: Any) -> tuple[str, str]:
    _, ehr_id, _ = await recorded(clinic)
    made = await ask(clinic, "POST", f"{ehr_id}/directory", json=FOLDER)
    return ehr_id, made.headers["etag"].strip('"')


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.ERROR])
async def test_a_status_that_another_has_changed_before_is_not_ours(
    clinic: Any, shaky: Any, way: FaultyWay, ehrbase: httpx.AsyncClient, fault: Fault
) -> None:
    _, ehr_id, _ = await recorded(clinic)
    first = await ask(clinic, "GET", f"{ehr_id}/ehr_status")
    uid = first.headers["etag"].strip('"')
    theirs = await ehrbase.put(
        f"{RAW}/{ehr_id}/ehr_status", json=first.json() | {"is_queryable": False}, headers={"If-Match": uid}
    )
    way.strike(fault, f"PUT {RAW}/")

    answer = await ask(shaky, "PUT", f"{ehr_id}/ehr_status", uid, json=first.json())

    assert (answer.status_code, answer.headers["etag"]) == (412, theirs.headers["etag"])


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.ERROR])
async def test_a_directory_that_another_has_deleted_before_was_not_changed_by_us(
    clinic: Any, shaky: Any, way: FaultyWay, ehrbase: httpx.AsyncClient, fault: Fault
) -> None:
    ehr_id, uid = await directory(clinic)
    await ehrbase.delete(f"{RAW}/{ehr_id}/directory", headers={"If-Match": uid})
    way.strike(fault, f"PUT {RAW}/")

    answer = await ask(shaky, "PUT", f"{ehr_id}/directory", uid, json=FOLDER)

    assert answer.status_code == 412, answer.text


async def test_a_change_of_a_directory_is_no_deletion_whatever_body_that_has(clinic: Any) -> None:
    ehr_id, uid = await directory(clinic)
    changed = await ask(clinic, "PUT", f"{ehr_id}/directory", uid, json=FOLDER)

    deleted = await ask(clinic, "DELETE", f"{ehr_id}/directory", uid, json=FOLDER)
    still_there = await ask(clinic, "GET", f"{ehr_id}/directory")

    assert (changed.status_code, deleted.status_code) == (204, 409)  # EHRbase's word for 412
    assert still_there.headers["etag"] == changed.headers["etag"]


async def test_anothers_correction_is_not_our_deletion_nor_the_other_way_round(
    clinic: Any, shaky: Any, way: FaultyWay, ehrbase: httpx.AsyncClient
) -> None:
    _, ehr_id, corrected = await recorded(clinic)
    other = (await ask(clinic, "POST", f"{ehr_id}/composition", json=vitals(), params=FLAT)).headers["etag"]
    deleted, path = other.strip('"'), f"{RAW}/{ehr_id}/composition"
    match = {"If-Match": corrected}
    await ehrbase.put(f"{path}/{corrected[:36]}", json=vitals(125), params=FLAT, headers=match)
    await ehrbase.delete(f"{path}/{deleted}")

    way.strike(Fault.LOST, f"DELETE {RAW}/")
    deletion = await ask(shaky, "DELETE", f"{ehr_id}/composition/{corrected}")
    way.strike(Fault.LOST, f"PUT {RAW}/")
    place = f"{ehr_id}/composition/{deleted[:36]}"
    correction = await ask(shaky, "PUT", place, deleted, json=vitals(130), params=FLAT)

    assert (deletion.status_code, correction.status_code) == (409, 412)
    assert deletion.headers["etag"] == f'"{corrected[:-1]}2"'


async def test_of_a_contribution_one_version_by_another_does_not_say_that_all_is_done(
    clinic: Any, shaky: Any, way: FaultyWay, ehrbase: httpx.AsyncClient
) -> None:
    write = await contribution(clinic)
    made = (await clinic.get((await write.send(clinic)).headers["location"])).json()
    uid, body = made["versions"][0]["id"]["value"], write.request["json"]
    path, place = f"{RAW}/{write.ehr_id}/composition", f"{write.ehr_id}/contribution"
    created = body["versions"][0]
    word = {**body["audit"]["change_type"], "value": "modification"}
    word["defining_code"] = {**word["defining_code"], "code_string": "251"}
    corrected = created | {
        "commit_audit": body["audit"] | {"change_type": word},
        "preceding_version_uid": {"_type": "OBJECT_VERSION_ID", "value": uid},
    }
    both = {**body, "versions": [corrected, created]}
    headers = {"Idempotency-Key": uuid4().hex}

    way.strike(Fault.SLOW, f"POST {RAW}/")
    sending = asyncio.create_task(ask(shaky, "POST", place, json=both, headers=headers))
    await eventually(lambda: way.held > 0)
    theirs = await ehrbase.put(f"{path}/{uid[:36]}", json=vitals(125), params=FLAT, headers={"If-Match": uid})
    answers = [
        await sending,
        await ask(clinic, "POST", place, json=both, headers=headers),
    ]

    assert theirs.is_success
    assert [answer.status_code for answer in answers] == [504, 412], [answer.text for answer in answers]


async def test_a_contribution_without_a_key_is_never_told_to_be_there_when_it_is_not(clinic: Any) -> None:
    write = await contribution(clinic)
    keyless = replace(write, headers={})

    answers = [await keyless.send(clinic) for _ in range(2)]

    assert len({answer.headers["etag"] for answer in answers}) == 2
    for answer in answers:
        assert (await clinic.get(answer.headers["location"])).status_code == 200


async def test_an_ehr_that_another_has_made_of_somebody_else_is_not_ours(
    shaky: Any, way: FaultyWay, ehrbase: httpx.AsyncClient
) -> None:
    ehr_id, headers = str(uuid4()), {"Idempotency-Key": uuid4().hex}

    def status(subject: str) -> dict[str, Any]:
        reference = {"_type": "GENERIC_ID", "value": subject, "scheme": "x"}
        external = {"_type": "PARTY_REF", "id": reference, "namespace": "elsewhere", "type": "PERSON"}
        return {
            "_type": "EHR_STATUS",
            "archetype_node_id": "openEHR-EHR-EHR_STATUS.generic.v1",
            "name": {"_type": "DV_TEXT", "value": "EHR Status"},
            "subject": {"_type": "PARTY_SELF", "external_ref": external},
            "is_modifiable": True,
            "is_queryable": True,
        }

    way.strike(Fault.LOST, f"PUT {RAW}/")
    lost = await ask(shaky, "PUT", ehr_id, json=status(mine := uuid4().hex), headers=headers)
    theirs = await ehrbase.put(f"{RAW}/{ehr_id}", json=status(uuid4().hex))
    repeated = await ask(shaky, "PUT", ehr_id, json=status(mine), headers=headers)

    assert (lost.status_code, theirs.status_code, repeated.status_code) == (504, 201, 409)


async def test_whoever_repeats_it_hours_later_learns_that_it_was_done_and_it_stays_theirs(
    clinic: Any, shaky: Any, way: FaultyWay, own: asyncpg.Connection
) -> None:
    """The process died before it could note that EHRbase had committed; others have tried since."""
    _, ehr_id, uid = await recorded(clinic)
    path = f"{ehr_id}/composition/{uid[:36]}"
    way.strike(Fault.SLOW_DELIVERED, f"PUT {RAW}/")
    held = way.held
    sending = asyncio.create_task(ask(shaky, "PUT", path, uid, json=vitals(130), params=FLAT))
    await eventually(lambda: way.held > held)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    version = f"{uid[:-1]}2"
    back = "update write_intent set created_at = created_at - interval '3 hours' where version_uid = $1"
    assert await own.execute(back, version) == "UPDATE 1"

    other = await ask(clinic, "PUT", path, uid, "ben", json=vitals(140), params=FLAT)
    repeated = await ask(clinic, "PUT", path, uid, json=vitals(130), params=FLAT)
    history = await ask(clinic, "GET", f"{ehr_id}/versioned_composition/{uid[:36]}/version/{version}")

    assert (other.status_code, repeated.status_code) == (412, 204)
    assert repeated.headers["etag"] == f'"{version}"'
    assert history.json()["commit_audit"]["committer"]["name"] == "ada"


@pytest.mark.parametrize("prepare", [flat_create_by_ehr, canonical_create, directory_post, contribution])
async def test_a_key_is_the_same_in_quotes_and_without(
    clinic: Any, own: asyncpg.Connection, prepare: Prepare
) -> None:
    """What is made of it, too, when its first answer is forgotten, as it is after an unknown outcome."""
    bare = await prepare(clinic)
    key = bare.headers["Idempotency-Key"]
    quoted = replace(bare, headers=bare.headers | {"Idempotency-Key": f'"{key}"'})

    first = await quoted.send(clinic)
    assert await own.execute("delete from idempotency_key where key = $1", key) == "DELETE 1"
    again = await bare.send(clinic)

    assert first.is_success
    assert (again.status_code, again.headers["etag"]) == (first.status_code, first.headers["etag"])


async def test_who_wants_the_version_after_a_dead_process_that_wrote_nothing_gets_it(
    clinic: Any, shaky: Any, way: FaultyWay, own: asyncpg.Connection
) -> None:
    _, ehr_id, uid = await recorded(clinic)
    path = f"{ehr_id}/composition/{uid[:36]}"
    way.strike(Fault.LOST, f"PUT {RAW}/")
    lost = await ask(shaky, "PUT", path, uid, json=vitals(130), params=FLAT)
    await own.execute("update write_intent set created_at = created_at - interval '3 hours'")

    other = await ask(clinic, "PUT", path, uid, "ben", json=vitals(140), params=FLAT)
    repeated = await ask(clinic, "PUT", path, uid, json=vitals(130), params=FLAT)

    assert (lost.status_code, other.status_code, repeated.status_code) == (504, 204, 412)
