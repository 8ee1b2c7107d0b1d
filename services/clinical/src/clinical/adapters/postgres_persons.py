"""When it last changed who a patient is: merged or freed, themselves or one on the way to the survivor."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import asyncpg
from openward_contracts.identifiers import PatientId

#: Of the patient that `{0}` names, an expression: the way to the survivor, and what ever led on from it.
LAST_CHANGE: Final = """
(with recursive up as (
    select {0} as patient_id
    union
    select m.survivor_id
    from up join patient_merge m on m.source_id = up.patient_id and m.unmerged_at is null)
 select max((select max(m.changed_at) from patient_merge m where m.source_id = up.patient_id)) from up)
"""
#: The sources of merges that changed since, and who leads to them.
_CHANGED_SINCE: Final = """
with recursive changed as (
    select source_id as patient_id from patient_merge where changed_at >= $1
    union
    select m.source_id
    from changed join patient_merge m on m.survivor_id = changed.patient_id and m.unmerged_at is null)
select patient_id from changed
"""
_LAST: Final = f"""
select named.id, {LAST_CHANGE.format("named.id")} as at from unnest($1::uuid[]) as named(id)
"""  # noqa: S608  constants


class PostgresPersons:
    """The Persons port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def changed_at(self, patients: Collection[PatientId]) -> Mapping[PatientId, datetime]:
        rows = await self._pool.fetch(_LAST, list(patients))
        return {PatientId(row["id"]): row["at"] for row in rows if row["at"]}

    async def changed_since(self, moment: datetime) -> Sequence[PatientId]:
        """All for whom that was then or later."""
        return [PatientId(row["patient_id"]) for row in await self._pool.fetch(_CHANGED_SINCE, moment)]
