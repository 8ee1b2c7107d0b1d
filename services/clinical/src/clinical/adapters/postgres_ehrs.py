"""Which EHR belongs to which patient, merges followed, in this service's own database."""

import asyncpg
from openward_contracts.identifiers import EhrId, PatientId

from clinical.domain.record import LinkedEhr, PatientRecord

#: From the named patient up to the end of the chain of merges, and down to all who lead to that one.
#: `union` ends also where there is a circle, which the registry does not make and `PostgresMerges` refuses.
_RECORD = """
with recursive
    up as (select patient_id from patient_ehr where {named}
           union
           select m.survivor_id
           from up join patient_merge m on m.source_id = up.patient_id and m.unmerged_at is null),
    down as (select patient_id from up
             where not exists (select from patient_merge m
                               where m.source_id = up.patient_id and m.unmerged_at is null)
             union
             select m.source_id
             from down join patient_merge m on m.survivor_id = down.patient_id and m.unmerged_at is null)
select e.patient_id, e.ehr_id, e.state, m.merge_id, m.merged_at
from down join patient_ehr e using (patient_id)
     left join patient_merge m on m.source_id = e.patient_id and m.unmerged_at is null
order by m.merged_at nulls first, e.ehr_id
"""
_OF_PATIENT, _OF_EHR = _RECORD.format(named="patient_id = $1"), _RECORD.format(named="ehr_id = $1")


class PostgresEhrs:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of_patient(self, patient_id: PatientId) -> PatientRecord | None:
        ehrs = [_linked(row) for row in await self._pool.fetch(_OF_PATIENT, patient_id)]
        return PatientRecord(patient_id, tuple(ehrs)) if ehrs else None

    async def by_id(self, ehr_id: EhrId) -> PatientRecord | None:
        ehrs = [_linked(row) for row in await self._pool.fetch(_OF_EHR, ehr_id)]
        only = next((ehr for ehr in ehrs if ehr.ehr_id == ehr_id), None)
        return PatientRecord(only.patient_id, tuple(ehrs), only) if only else None

    async def link(self, patient_id: PatientId, ehr_id: EhrId) -> None:
        await self._pool.execute(
            "insert into patient_ehr (patient_id, ehr_id) values ($1, $2) on conflict do nothing",
            patient_id,
            ehr_id,
        )

    async def mark_ready(self, ehr_id: EhrId) -> None:
        await self._pool.execute(
            "update patient_ehr set state = 'ready', ready_at = now() where ehr_id = $1 and state <> 'ready'",
            ehr_id,
        )


def _linked(row: asyncpg.Record) -> LinkedEhr:
    return LinkedEhr(
        PatientId(row["patient_id"]),
        EhrId(row["ehr_id"]),
        row["state"] == "ready",
        row["merge_id"],
        row["merged_at"],
    )
