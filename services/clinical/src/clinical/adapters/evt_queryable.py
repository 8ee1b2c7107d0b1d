"""Which EHRs allow no queries, asked of one function in EHRbase's database (schema `evt`)."""

import asyncio
from collections.abc import Sequence

import asyncpg
from openward_contracts.identifiers import EhrId
from openward_servicekit.database import AWAY
from openward_servicekit.errors import Unavailable
from openward_servicekit.gathering import Gathering


class EvtQueryable:
    """The QueryableEhrs port. AQL could say it too, for a quarter more of EHRbase's work on each query."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._forbidden: Gathering[EhrId, bool] = Gathering(self._ask)

    async def unqueryable(self, ehr_ids: Sequence[EhrId]) -> set[EhrId]:
        forbidden = await asyncio.gather(*map(self._forbidden, ehr_ids))
        return {ehr_id for ehr_id, is_forbidden in zip(ehr_ids, forbidden, strict=True) if is_forbidden}

    async def _ask(self, ehr_ids: Sequence[EhrId]) -> Sequence[bool]:
        try:
            rows = await self._pool.fetch("select evt.unqueryable($1)", list(dict.fromkeys(ehr_ids)))
        except AWAY as error:
            raise Unavailable("EHRbase's database cannot be reached") from error
        forbidden = {row[0] for row in rows}
        return [ehr_id in forbidden for ehr_id in ehr_ids]
