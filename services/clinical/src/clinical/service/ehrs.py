"""EHRs of patients: made once, found by patient."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

from openward_contracts.identifiers import EhrId, PatientId

from clinical.domain.errors import EhrNotFound, PatientNotFound
from clinical.domain.ports import Cdr, Ehrs, LinkedEhr

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

    async def of_patient(self, patient_id: PatientId) -> LinkedEhr:
        """Raises PatientNotFound when the patient is still unknown after a second."""
        ehr = await _soon(lambda: self.ehrs.of_patient(patient_id))
        if ehr is None:
            raise PatientNotFound
        return ehr

    async def by_id(self, ehr_id: EhrId) -> LinkedEhr:
        """Raises EhrNotFound when the EHR is still nobody's after a second."""
        ehr = await _soon(lambda: self.ehrs.by_id(ehr_id))
        if ehr is None:
            raise EhrNotFound
        return ehr

    async def writable(self, ehr: LinkedEhr) -> LinkedEhr:
        """The same EHR, made in EHRbase now if the event has not made it yet."""
        if ehr.ready:
            return ehr
        await self.open_ehr(ehr.patient_id, ehr.ehr_id)
        return LinkedEhr(ehr.patient_id, ehr.ehr_id, ready=True)


async def _soon(find: Callable[[], Awaitable[LinkedEhr | None]]) -> LinkedEhr | None:
    give_up = monotonic() + PATIENCE
    while (ehr := await find()) is None:
        if monotonic() > give_up:
            return None
        await asyncio.sleep(POLL)
    return ehr
