"""A version is taken from EHRbase once; whether it is there, and which is the latest, is asked each time."""

from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from clinical.settings import Settings
from openward_cli.demo import vital_signs
from openward_cli.stack import Stack

FLAT = {"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID}
JSON = {"Accept": "application/json"}


@pytest.fixture
async def ehrbase(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """EHRbase itself: what is done here is done behind the service's back."""
    login = (settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
    base = f"{settings.ehrbase_url}/rest/openehr/v1/"
    async with httpx.AsyncClient(base_url=base, auth=login, timeout=30) as client:
        yield client


@pytest.fixture
async def owner(stack: Stack) -> AsyncIterator[asyncpg.Connection]:
    """The superuser in EHRbase's database."""
    password = stack.secret("postgres.password").read_text().strip()
    connection = await asyncpg.connect(stack.database_url("postgres", "ehrbase"), password=password)
    yield connection
    await connection.close()


def path(ehr_id: str, uid: str) -> str:
    return f"/openehr/v1/ehr/{ehr_id}/composition/{uid}"


async def written(clinic: Any) -> tuple[str, str]:
    """EHR id and version uid."""
    patient_id, ehr_id = await clinic.patient()
    return ehr_id, (await clinic.write(patient_id)).json()["version_uid"]


def vitals(systolic: int) -> dict[str, Any]:
    return vital_signs.flat(systolic, 80, "2026-11-22T10:00:00Z", composer="Bob")


async def test_the_latest_version_is_the_latest_whoever_wrote_it(
    clinic: Any, ehrbase: httpx.AsyncClient
) -> None:
    ehr_id, uid = await written(clinic)
    object_id = uid.partition("::")[0]
    seen = []
    for systolic in range(130, 135):
        latest = await clinic.get(path(ehr_id, object_id), **JSON)
        seen.append(latest.headers["etag"])
        changed = await ehrbase.put(
            f"ehr/{ehr_id}/composition/{object_id}",
            params=FLAT,
            json=vitals(systolic),
            headers={"If-Match": latest.headers["etag"].strip('"')},
        )
        assert changed.status_code in (200, 204), changed.text
        again = await clinic.get(path(ehr_id, object_id), **JSON)
        assert f'"magnitude":{systolic}' in again.text.replace(" ", "").replace(".0", "")

    assert [etag.strip('"').rpartition("::")[2] for etag in seen] == ["1", "2", "3", "4", "5"]
    assert (await clinic.get(path(ehr_id, uid), **JSON)).headers["etag"] == f'"{uid}"'


async def test_what_was_deleted_behind_the_service_s_back_is_gone_at_once(
    clinic: Any, ehrbase: httpx.AsyncClient
) -> None:
    ehr_id, uid = await written(clinic)
    object_id = uid.partition("::")[0]
    assert (await clinic.get(path(ehr_id, object_id), **JSON)).status_code == 200

    assert (await ehrbase.delete(f"ehr/{ehr_id}/composition/{uid}")).status_code == 204

    assert (await clinic.get(path(ehr_id, object_id), **JSON)).status_code == 204
    assert (await clinic.get(path(ehr_id, uid), **JSON)).status_code == 200, "the first version stays"


async def test_what_was_removed_for_good_is_not_shown_from_memory(
    clinic: Any, owner: asyncpg.Connection
) -> None:
    ehr_id, uid = await written(clinic)
    object_id = uid.partition("::")[0]
    assert (await clinic.get(path(ehr_id, uid), **JSON)).status_code == 200

    async with owner.transaction():
        await owner.execute("delete from ehr.comp_data where vo_id = $1", UUID(object_id))
        await owner.execute("delete from ehr.comp_version where vo_id = $1", UUID(object_id))

    for named in (uid, object_id):
        assert (await clinic.get(path(ehr_id, named), **JSON)).status_code == 404


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
async def test_what_is_sent_again_is_what_ehrbase_sent(
    clinic: Any, ehrbase: httpx.AsyncClient, accept: str
) -> None:
    ehr_id, uid = await written(clinic)
    theirs = await ehrbase.get(f"ehr/{ehr_id}/composition/{uid}", headers={"Accept": accept})
    first, second = [await clinic.get(path(ehr_id, uid), Accept=accept) for _ in range(2)]

    assert first.content == second.content == theirs.content
    assert dict(first.headers) | {"x-request-id": ""} == dict(second.headers) | {"x-request-id": ""}


async def test_a_version_is_kept_in_each_form_by_itself(clinic: Any) -> None:
    ehr_id, uid = await written(clinic)
    shown = {
        form: (await clinic.get(f"{path(ehr_id, uid)}?format={form}")).text
        for form in ("JSON", "FLAT", "STRUCTURED", "JSON", "FLAT")
    }
    assert '"_type":"COMPOSITION"' in shown["JSON"].replace(" ", "")
    assert "|magnitude" in shown["FLAT"]
    assert len({*shown.values()}) == 3


async def test_a_version_tells_when_it_was_committed(clinic: Any, owner: asyncpg.Connection) -> None:
    ehr_id, uid = await written(clinic)
    committed = await owner.fetchval(
        "select a.time_committed from ehr.comp_version v join ehr.audit_details a on a.id = v.audit_id"
        " where v.vo_id = $1",
        UUID(uid.partition("::")[0]),
    )
    told = parsedate_to_datetime((await clinic.get(path(ehr_id, uid))).headers["last-modified"])

    assert told == committed.replace(microsecond=0)


async def test_who_may_not_read_is_not_answered_from_memory(clinic: Any) -> None:
    ehr_id, uid = await written(clinic)
    assert (await clinic.get(path(ehr_id, uid))).status_code == 200

    scope = {"scope": "user/composition-another.r"}
    refused = await clinic.client.get(path(ehr_id, uid), headers=clinic.headers(**scope))

    assert refused.status_code == 404
