"""EHRs of patients: made once, found by patient; merges are followed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

from openward_contracts.identifiers import EhrId, PatientId

from clinical.domain.errors import EhrNotFound, PatientNotFound
from clinical.domain.ports import Cdr, Ehrs
from clinical.domain.record import LinkedEhr, PatientRecord

#: Seconds. A patient registered a moment ago may not be known here yet: the event is on its way.
PATIENCE = 1.0
POLL = 0.05


@dataclass(frozen=True)
class EhrService:
    ehrs: Ehrs
    cdr: Cdr

    async def open_ehr(self, patient_id: PatientId, ehr_id: EhrId) -> None:
        """The patient has this EHR in EHRbase when this returns; may be repeated."""
        await self.ehrs.link(patient_id, ehr_id)
        await self.cdr.create_ehr(ehr_id, patient_id)
        await self.ehrs.mark_ready(ehr_id)

    async def of_patient(self, patient_id: PatientId) -> PatientRecord:
        """Raises PatientNotFound when the patient is still unknown after a second."""
        record = await _soon(lambda: self.ehrs.of_patient(patient_id))
        if record is None:
            raise PatientNotFound
        return record

    async def by_id(self, ehr_id: EhrId) -> PatientRecord:
        """Raises EhrNotFound when the EHR is still nobody's after a second."""
        record = await _soon(lambda: self.ehrs.by_id(ehr_id))
        if record is None:
            raise EhrNotFound
        return record

    async def writable(self, ehr: LinkedEhr) -> LinkedEhr:
        """The same EHR, made in EHRbase now if the event has not made it yet."""
        if ehr.ready:
            return ehr
        await self.open_ehr(ehr.patient_id, ehr.ehr_id)
        return LinkedEhr(ehr.patient_id, ehr.ehr_id, ready=True)


async def _soon(find: Callable[[], Awaitable[PatientRecord | None]]) -> PatientRecord | None:
    give_up = monotonic() + PATIENCE
    while (record := await find()) is None:
        if monotonic() > give_up:
            return None
        await asyncio.sleep(POLL)
    return record
