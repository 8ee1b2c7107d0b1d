"""Which EHR belongs to which patient, merges followed, in this service's own database."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import asyncpg
from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.gathering import Gathering

from clinical.domain.record import LinkedEhr, PatientRecord

#: From each named patient up to the end of the chain of merges, and down to all who lead to that one.
#: `union` ends also where there is a circle, which the registry does not make and `PostgresMerges` refuses.
_RECORDS = """
with recursive
    up as (select {named} as asked, patient_id from patient_ehr where {named} = any($1)
           union
           select up.asked, m.survivor_id
           from up join patient_merge m on m.source_id = up.patient_id and m.unmerged_at is null),
    down as (select asked, patient_id from up
             where not exists (select from patient_merge m
                               where m.source_id = up.patient_id and m.unmerged_at is null)
             union
             select down.asked, m.source_id
             from down join patient_merge m on m.survivor_id = down.patient_id and m.unmerged_at is null)
select down.asked, e.patient_id, e.ehr_id, e.state, e.active, e.restricted, m.merge_id, m.merged_at
from down join patient_ehr e using (patient_id)
     left join patient_merge m on m.source_id = e.patient_id and m.unmerged_at is null
order by m.merged_at nulls first, e.ehr_id
"""
#: Of most patients there is no merge that holds; who is missing here, though known, has one.
_ALONE = """
select e.{named} as asked, e.patient_id, e.ehr_id, e.state, e.active, e.restricted, null::uuid as merge_id,
       null::timestamptz as merged_at
from patient_ehr e
where e.{named} = any($1)
  and not exists (select from patient_merge m where m.source_id = e.patient_id and m.unmerged_at is null)
  and not exists (select from patient_merge m where m.survivor_id = e.patient_id and m.unmerged_at is null)
"""
#: Events may come again, and late: what a later version has said stays.
_NOTED = """
with noted as (update patient_ehr set {what} = $3, {what}_version = $2
               where patient_id = $1 and {what}_version < $2)
select exists (select from patient_ehr where patient_id = $1)
"""


class PostgresEhrs:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._of_patients: Gathering[UUID, Sequence[LinkedEhr]] = Gathering(self._asking("patient_id"))
        self._of_ehrs: Gathering[UUID, Sequence[LinkedEhr]] = Gathering(self._asking("ehr_id"))

    async def of_patient(self, patient_id: PatientId) -> PatientRecord | None:
        ehrs = await self._of_patients(patient_id)
        return PatientRecord(patient_id, tuple(ehrs)) if ehrs else None

    async def by_id(self, ehr_id: EhrId) -> PatientRecord | None:
        ehrs = await self._of_ehrs(ehr_id)
        only = next((ehr for ehr in ehrs if ehr.ehr_id == ehr_id), None)
        return PatientRecord(only.patient_id, tuple(ehrs), only) if only else None

    def _asking(self, named: str) -> Callable[[Sequence[UUID]], Awaitable[Sequence[Sequence[LinkedEhr]]]]:
        alone, together = _ALONE.format(named=named), _RECORDS.format(named=named)

        async def ask(ids: Sequence[UUID]) -> Sequence[Sequence[LinkedEhr]]:
            found: defaultdict[UUID, list[LinkedEhr]] = defaultdict(list)
            for statement in (alone, together):
                if missing := [each for each in dict.fromkeys(ids) if each not in found]:
                    for row in await self._pool.fetch(statement, missing):
                        found[row["asked"]].append(_linked(row))
            return [found[each] for each in ids]

        return ask

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

    async def note_activity(self, patient_id: PatientId, version: int, *, active: bool) -> bool:
        return bool(await self._pool.fetchval(_NOTED.format(what="active"), patient_id, version, active))

    async def note_restriction(self, patient_id: PatientId, version: int, *, restricted: bool) -> bool:
        noted = _NOTED.format(what="restricted")
        return bool(await self._pool.fetchval(noted, patient_id, version, restricted))


def _linked(row: asyncpg.Record) -> LinkedEhr:
    return LinkedEhr(
        PatientId(row["patient_id"]),
        EhrId(row["ehr_id"]),
        row["state"] == "ready",
        row["merge_id"],
        row["merged_at"],
        row["active"],
        row["restricted"],
    )
