"""Which EHR belongs to which patient, in this service's own database."""

import asyncpg
from openward_contracts.identifiers import EhrId, PatientId

from clinical.domain.ports import LinkedEhr

_SELECT = "select patient_id, ehr_id, state from patient_ehr where role = 'primary' and"


class PostgresEhrs:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of_patient(self, patient_id: PatientId) -> LinkedEhr | None:
        return _linked(await self._pool.fetchrow(f"{_SELECT} patient_id = $1", patient_id))

    async def by_id(self, ehr_id: EhrId) -> LinkedEhr | None:
        return _linked(await self._pool.fetchrow(f"{_SELECT} ehr_id = $1", ehr_id))

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


def _linked(row: asyncpg.Record | None) -> LinkedEhr | None:
    if row is None:
        return None
    return LinkedEhr(PatientId(row["patient_id"]), EhrId(row["ehr_id"]), row["state"] == "ready")
