"""The latest version of a composition, asked of one function in EHRbase's database (schema `evt`)."""

from collections.abc import Awaitable, Sequence
from uuid import UUID

import asyncpg
from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from openward_servicekit.database import AWAY
from openward_servicekit.errors import Unavailable
from openward_servicekit.gathering import Gathering

from clinical.domain.composition import Head

_Asked = tuple[UUID, int | None]


class EvtHeads:
    """The service's role there may run that function and touches no table of EHRbase."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._gathered: Gathering[_Asked, Head | None] = Gathering(self._heads)

    def head(self, object_id: UUID, version: int | None = None) -> Awaitable[Head | None]:
        return self._gathered((object_id, version))

    async def _heads(self, asked: Sequence[_Asked]) -> Sequence[Head | None]:
        objects, versions = zip(*dict.fromkeys(asked), strict=True)
        rows = await self._pool.fetch("select * from evt.composition_heads($1, $2)", objects, versions)
        found = {(row["vo_id"], row["asked"]): _head(row) for row in rows}
        return [found.get(each) for each in asked]

    async def directory_deleted(self, ehr_id: EhrId, uid: VersionUid) -> bool:
        asked = "select evt.directory_deleted($1, $2, $3)"
        try:
            return bool(await self._pool.fetchval(asked, ehr_id, uid.object_id, uid.version))
        except AWAY as error:
            raise Unavailable("EHRbase's database cannot be reached") from error

    async def check_triggers(self) -> None:
        """Raises Unavailable unless every change in EHRbase is captured, by tested triggers."""
        state = await self._pool.fetchrow("select * from evt.trigger_state()")
        if state is None or state["missing"]:
            raise Unavailable(f"triggers missing: {', '.join(state['missing']) if state else 'all'}")
        if not state["tested"]:
            raise Unavailable(f"schema version {state['flyway_version']} of EHRbase is not tested")


def _head(row: asyncpg.Record) -> Head:
    template = row["template_id"]
    return Head(
        EhrId(row["ehr_id"]),
        TemplateId(template) if template else None,
        row["sys_version"],
        row["deleted"],
        row["contribution_id"],
        row["committed_at"],
    )
