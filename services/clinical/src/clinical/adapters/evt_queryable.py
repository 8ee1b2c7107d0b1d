"""Which EHRs allow no queries, asked of one function in EHRbase's database (schema `evt`)."""

from collections.abc import Sequence

import asyncpg
from openward_contracts.identifiers import EhrId


class EvtQueryable:
    """The QueryableEhrs port. AQL could say it too, for a quarter more of EHRbase's work on each query."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def unqueryable(self, ehr_ids: Sequence[EhrId]) -> set[EhrId]:
        rows = await self._pool.fetch("select * from evt.unqueryable($1)", list(ehr_ids))
        return {EhrId(row[0]) for row in rows}
