"""How many compositions there are, to tell what a query would cost."""

from typing import Final

import asyncpg
from openward_servicekit.database import AWAY
from openward_servicekit.errors import Unavailable

from clinical.domain.aql import Scope

_OF: Final = """
select count(*) from evt.compositions($1, null, null, null, $3) c
where $2::text[] is null or c.template_id = any ($2)
"""
#: What the planner goes by itself; -1 is a table that nobody has looked at yet.
_OF_ALL: Final = """
select greatest(t.reltuples, 0)::bigint from pg_class t join pg_namespace n on n.oid = t.relnamespace
where n.nspname = 'ehr' and t.relname = 'comp_version'
"""


class EvtCounts:
    """The CompositionCounts port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of(self, scope: Scope, most: int) -> int:
        templates = None if scope.template_ids is None else list(scope.template_ids)
        return await self._number(_OF, list(scope.ehr_ids or ()), templates, most)

    async def of_all(self) -> int:
        return await self._number(_OF_ALL)

    async def _number(self, statement: str, *values: object) -> int:
        try:
            return int(await self._pool.fetchval(statement, *values) or 0)
        except AWAY as error:
            raise Unavailable("EHRbase's database cannot be reached") from error
