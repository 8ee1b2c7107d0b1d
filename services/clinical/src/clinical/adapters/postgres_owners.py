"""Whose EHRs these are, in this service's own database."""

from collections.abc import Mapping, Sequence

import asyncpg
from openward_contracts.identifiers import EhrId, PatientId


class PostgresOwners:
    """The EhrOwners port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def patients_of(self, ehr_ids: Sequence[EhrId]) -> Mapping[EhrId, PatientId]:
        rows = await self._pool.fetch(
            "select ehr_id, patient_id from patient_ehr where ehr_id = any($1)", list(ehr_ids)
        )
        return {EhrId(row["ehr_id"]): PatientId(row["patient_id"]) for row in rows}
