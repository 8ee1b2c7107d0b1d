"""Which EHR is whose is learnt from an event that may still be on its way."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import pytest
from clinical.domain.ehr_status import EhrStatus
from clinical.domain.errors import EhrNotFound, PatientNotFound, PatientUnannounced
from clinical.domain.record import LinkedEhr, PatientRecord
from clinical.service import ehrs
from clinical.service.ehrs import EhrService
from openward_contracts.identifiers import EhrId, PatientId, VersionUid
from openward_servicekit.errors import Category

PATIENT = PatientId.new()
EHR = LinkedEhr(PATIENT, EhrId.new(), ready=False)
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
        return await self.of_patient(PATIENT)


@dataclass
class Ehrbase:
    """Has this EHR_STATUS for every EHR, or no EHR at all."""

    status: EhrStatus | None = None
    asked: int = 0

    async def ehr_status(self, _ehr_id: EhrId) -> EhrStatus:
        self.asked += 1
        if self.status is None:
            raise EhrNotFound
        return self.status


def service(*, ever: bool, ehrbase: Ehrbase | None = None) -> EhrService:
    return EhrService(cast("Any", Late(ever=ever)), cast("Any", ehrbase or Ehrbase()))


async def test_a_request_waits_for_the_event() -> None:
    assert await service(ever=True).of_patient(PATIENT) == RECORD
    assert await service(ever=True).by_id(EHR.ehr_id) == RECORD


def status_of(subject: dict[str, Any]) -> EhrStatus:
    return EhrStatus(VersionUid.of(uuid4(), "openward.local", 1), {"subject": subject})


async def test_an_ehr_that_only_ehrbase_has_is_nobodys_and_asked_for_once() -> None:
    ehrbase, ehr_id = Ehrbase(status_of({"_type": "PARTY_SELF"})), EhrId.new()
    ehrs = service(ever=False, ehrbase=ehrbase)

    found = [await ehrs.by_id(ehr_id) for _ in range(3)]

    assert {record.target for record in found} == {LinkedEhr(None, ehr_id, ready=True)}
    assert found[0].named_id is None
    assert ehrbase.asked == 1


async def test_an_ehr_whose_subject_is_no_registered_patient_is_nobodys() -> None:
    subject = {"external_ref": {"namespace": "openward", "id": {"value": str(PatientId.new())}}}

    record = await service(ever=False, ehrbase=Ehrbase(status_of(subject))).by_id(EhrId.new())

    assert record.target.patient_id is None


@pytest.mark.parametrize("active", [True, False])
async def test_an_ehr_made_elsewhere_for_a_patient_takes_what_the_patients_own_takes(
    active: bool,  # noqa: FBT001  one of two
) -> None:
    class Registered:
        async def of_patient(self, patient_id: PatientId) -> PatientRecord | None:
            return PatientRecord(patient_id, (LinkedEhr(patient_id, EhrId.new(), ready=True, active=active),))

        async def by_id(self, _ehr_id: EhrId) -> None:
            return None

    subject = {"external_ref": {"namespace": "openward", "id": {"value": str(PATIENT)}}}
    ehrs = EhrService(cast("Any", Registered()), cast("Any", Ehrbase(status_of(subject))))

    record = await ehrs.by_id(EhrId.new())

    assert (record.named_id, record.active) == (PATIENT, active)


async def test_an_event_before_the_registration_has_to_come_again() -> None:
    class Nobody:
        async def note_activity(self, _patient_id: PatientId, _version: int, *, active: bool) -> bool:
            return active

    with pytest.raises(PatientUnannounced) as raised:
        await EhrService(cast("Any", Nobody()), cast("Any", Ehrbase())).note_activity(
            PATIENT, 2, active=False
        )

    assert raised.value.category is Category.UNAVAILABLE


async def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ehrs, "PATIENCE", 0.1)

    with pytest.raises(PatientNotFound):
        await service(ever=False).of_patient(PATIENT)
    with pytest.raises(EhrNotFound):
        await service(ever=False).by_id(EHR.ehr_id)
