"""The latest version of a composition, asked of one function in EHRbase's database (schema `evt`)."""

from uuid import UUID

import asyncpg
from openward_contracts.identifiers import EhrId, TemplateId
from openward_servicekit.errors import Unavailable

from clinical.domain.composition import Head


class EvtHeads:
    """The service's role there may run that function and touches no table of EHRbase."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def head(self, object_id: UUID) -> Head | None:
        row = await self._pool.fetchrow(
            "select ehr_id, template_id, sys_version, deleted from evt.composition_head($1)", object_id
        )
        if row is None or row["ehr_id"] is None:
            return None
        template = row["template_id"]
        return Head(
            EhrId(row["ehr_id"]),
            TemplateId(template) if template else None,
            row["sys_version"],
            row["deleted"],
        )

    async def check_triggers(self) -> None:
        """Raises Unavailable unless every change in EHRbase is captured, by tested triggers."""
        state = await self._pool.fetchrow("select * from evt.trigger_state()")
        if state is None or state["missing"]:
            raise Unavailable(f"triggers missing: {', '.join(state['missing']) if state else 'all'}")
        if not state["tested"]:
            raise Unavailable(f"schema version {state['flyway_version']} of EHRbase is not tested")
