"""Of which EHRs only some may know, in this service's own database."""

import asyncpg
from openward_contracts.identifiers import EhrId

#: From each restricted patient up to the end of the chain of merges, and down to all who lead to that one:
#: what is one record is as restricted as the most restricted of them (`PatientRecord.restricted`).
_HIDDEN = """
with recursive
    up as (select patient_id from patient_ehr where restricted
           union
           select m.survivor_id
           from up join patient_merge m on m.source_id = up.patient_id and m.unmerged_at is null),
    down as (select patient_id from up
             union
             select m.source_id
             from down join patient_merge m on m.survivor_id = down.patient_id and m.unmerged_at is null)
select e.ehr_id from down join patient_ehr e using (patient_id) order by e.ehr_id
"""


class PostgresRestrictions:
    """The Restrictions port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def hidden(self) -> tuple[EhrId, ...]:
        return tuple(EhrId(row["ehr_id"]) for row in await self._pool.fetch(_HIDDEN))
