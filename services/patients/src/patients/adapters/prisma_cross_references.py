"""Cross-references in PostgreSQL: each question is one lookup in an index."""

from collections.abc import Mapping, Sequence

from openward_contracts.identifiers import EhrId, PatientId

from patients.adapters.db import Prisma
from patients.adapters.errors import registry


class PrismaCrossReferences:
    """The CrossReferences port."""

    def __init__(self, db: Prisma) -> None:
        self._db = db

    async def replaced(
        self, ids: Sequence[PatientId], *, restricted: bool
    ) -> Mapping[PatientId, Sequence[PatientId]]:
        async with registry():
            rows = await self._db.query_raw(_REPLACED, [str(each) for each in ids], restricted)
        found: dict[PatientId, list[PatientId]] = {}
        for row in rows:
            found.setdefault(PatientId(row["target_id"]), []).append(PatientId(row["source_id"]))
        return found

    async def by_ehr(self, ehr_id: EhrId) -> PatientId | None:
        async with registry():
            row = await self._db.patient.find_unique({"ehr_id": str(ehr_id)})
        return PatientId(row.id) if row else None

    async def in_use(self, system: str) -> bool:
        async with registry():
            return await self._db.patient_identifier.find_first(where={"system": system}) is not None


_REPLACED = """
    select m.target_id::text, m.source_id::text
    from merge m join patient source on source.id = m.source_id
    where m.target_id = any ($1::uuid[]) and m.unmerged_at is null and ($2::boolean or not source.restricted)
    order by m.merged_at, m.source_id
"""
