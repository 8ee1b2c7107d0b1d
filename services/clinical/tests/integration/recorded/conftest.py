"""EHRs in EHRbase, changed behind the service's back, and what the service keeps of them."""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
import httpx
import pytest
from clinical.adapters.ehrbase_contents import EhrbaseContents
from clinical.adapters.evt_recorded import EvtRecorded
from clinical.adapters.postgres_recorded import PostgresRecorded
from clinical.service.gathering_up import PAGE, Gatherer
from clinical.service.recording import Recorder
from clinical.settings import Settings
from openward_cli.demo import vital_signs
from openward_cli.stack import Stack
from openward_contracts.identifiers import EhrId
from openward_servicekit.http import AsyncClient, BasicAuth, make_client
from openward_testkit.ehrbase_template import upload

TABLES: Final = ("recorded_version", "recorded_entry", "recorded_value")
_OPENEHR: Final = "rest/openehr/v1"
_FORM: Final = {"templateId": vital_signs.TEMPLATE_ID, "format": "FLAT"}

Rows = Mapping[str, set[str]]


@dataclass(frozen=True)
class Archive:
    """EHRbase without this service in between; `admin` may remove for good."""

    api: AsyncClient
    admin: AsyncClient

    async def ehr(self) -> EhrId:
        made = await self.api.post(f"{_OPENEHR}/ehr")
        return EhrId(made.headers["etag"].strip('W/"'))

    async def write(self, ehr_id: EhrId, systolic: float = 120) -> str:
        flat = vital_signs.flat(systolic, 80, "2026-11-22T10:00:00Z", composer="Ada")
        return _uid(await self.api.post(f"{_OPENEHR}/ehr/{ehr_id}/composition", params=_FORM, json=flat))

    async def correct(self, ehr_id: EhrId, uid: str, systolic: float = 130) -> str:
        flat = vital_signs.flat(systolic, 80, "2026-11-22T11:00:00Z", composer="Ben")
        path = f"{_OPENEHR}/ehr/{ehr_id}/composition/{uid.partition('::')[0]}"
        return _uid(await self.api.put(path, params=_FORM, json=flat, headers={"If-Match": uid}))

    async def delete(self, ehr_id: EhrId, uid: str) -> None:
        answer = await self.api.delete(f"{_OPENEHR}/ehr/{ehr_id}/composition/{uid}")
        assert answer.status_code == 204, answer.text

    async def erase(self, ehr_id: EhrId, uid: str) -> None:
        path = f"rest/admin/ehr/{ehr_id}/composition/{uid.partition('::')[0]}"
        answer = await self.admin.delete(path)
        assert answer.is_success, answer.text

    async def anything(self, ehr_id: EhrId, chance: random.Random, heads: list[str]) -> None:
        """Some change; `heads` are the latest versions, and again when it is done."""
        change = chance.choice(("write", "write", "correct", "correct", "delete", "erase"))
        systolic = float(chance.randint(80, 200))
        if change == "write" or not heads:
            heads.append(await self.write(ehr_id, systolic))
            return
        uid = heads.pop(chance.randrange(len(heads)))
        if change == "correct":
            heads.append(await self.correct(ehr_id, uid, systolic))
        else:
            await (self.delete if change == "delete" else self.erase)(ehr_id, uid)


@dataclass(frozen=True)
class Shelf:
    """What is kept, as rows."""

    own: asyncpg.Pool
    evt: asyncpg.Pool
    system_id: str

    def recorder(self, ehrbase: AsyncClient, page: int = PAGE) -> Recorder:
        """As another process would have one."""
        gatherer = Gatherer(EhrbaseContents(ehrbase), self.system_id, page)
        return Recorder(EvtRecorded(self.evt), PostgresRecorded(self.own), gatherer)

    async def rows(self, ehr_id: EhrId) -> Rows:
        return {
            table: {
                str(row) for row in await self.own.fetch(f"select * from {table} where ehr_id = $1", ehr_id)
            }
            for table in TABLES
        }

    async def versions(self, ehr_id: EhrId) -> Sequence[tuple[UUID, int, bool, bool, bool]]:
        """Each: object, version, whether it deletes, holds now, cannot be read."""
        rows = await self.own.fetch(
            "select object_id, version, deleted, replaced_at is null, unreadable from recorded_version "
            "where ehr_id = $1 order by object_id, version",
            ehr_id,
        )
        return [tuple(row) for row in rows]

    async def empty(self, ehr_id: EhrId) -> None:
        for table in (*TABLES, "recorded_ehr"):
            await self.own.execute(f"delete from {table} where ehr_id = $1", ehr_id)

    async def afresh(self, ehr_id: EhrId, ehrbase: AsyncClient) -> Rows:
        """What is kept of an EHR of which nothing was."""
        await self.empty(ehr_id)
        await self.recorder(ehrbase).up_to_date([ehr_id])
        return await self.rows(ehr_id)


def _uid(answer: httpx.Response) -> str:
    assert answer.is_success, answer.text
    return answer.headers["etag"].strip('W/"')


@pytest.fixture(scope="module")
async def archive(settings: Settings, stack: Stack) -> AsyncIterator[Archive]:
    password = stack.secret("ehrbase.admin.password").read_text().strip()
    login = BasicAuth(settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
    async with (
        make_client(settings.ehrbase_url, auth=login) as api,
        make_client(settings.ehrbase_url, auth=BasicAuth("openward-admin", password)) as admin,
    ):
        await upload(api, vital_signs.opt(), f"{_OPENEHR}/")
        yield Archive(api, admin)


@pytest.fixture(scope="module")
async def shelf(settings: Settings) -> AsyncIterator[Shelf]:
    own_login, evt_login = settings.database_password, settings.evt_database_password
    async with (
        asyncpg.create_pool(settings.database_url, password=own_login.get_secret_value()) as own,
        asyncpg.create_pool(settings.evt_database_url, password=evt_login.get_secret_value()) as evt,
    ):
        yield Shelf(own, evt, settings.ehrbase_system_id)


@pytest.fixture
def recorder(shelf: Shelf, archive: Archive) -> Recorder:
    return shelf.recorder(archive.api)
