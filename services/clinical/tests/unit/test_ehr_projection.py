"""Which EHR is whose is learnt from an event that may still be on its way."""

from typing import Any, cast

import pytest
from clinical.domain.errors import EhrNotFound, PatientNotFound
from clinical.domain.record import LinkedEhr, PatientRecord
from clinical.service import ehrs
from clinical.service.ehrs import EhrService
from openward_contracts.identifiers import EhrId, PatientId

EHR = LinkedEhr(PatientId.new(), EhrId.new(), ready=False)
RECORD = PatientRecord(EHR.patient_id, (EHR,))


class Late:
    """Knows the EHR when it is asked for the third time, or never."""

    def __init__(self, *, ever: bool) -> None:
        self._ever = ever
        self._asked = 0

    async def of_patient(self, _patient_id: PatientId) -> PatientRecord | None:
        self._asked += 1
        return RECORD if self._ever and self._asked > 2 else None

    async def by_id(self, _ehr_id: EhrId) -> PatientRecord | None:
        return await self.of_patient(EHR.patient_id)


def service(*, ever: bool) -> EhrService:
    return EhrService(cast("Any", Late(ever=ever)), cast("Any", None))


async def test_a_request_waits_for_the_event() -> None:
    assert await service(ever=True).of_patient(EHR.patient_id) == RECORD
    assert await service(ever=True).by_id(EHR.ehr_id) == RECORD


async def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ehrs, "PATIENCE", 0.1)

    with pytest.raises(PatientNotFound):
        await service(ever=False).of_patient(EHR.patient_id)
    with pytest.raises(EhrNotFound):
        await service(ever=False).by_id(EHR.ehr_id)
