"""EHRs of patients: made once, found by patient; merges are followed. EHRs of nobody: found in EHRbase."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from time import monotonic

from openward_contracts.identifiers import EhrId, PatientId

from clinical.domain.ehr_status import REGISTRY, registered
from clinical.domain.errors import EhrNotFound, PatientNotFound, PatientUnannounced
from clinical.domain.openehr_errors import SubjectReserved
from clinical.domain.ports import Cdr, Ehrs
from clinical.domain.record import LinkedEhr, PatientRecord

#: Seconds. A patient registered a moment ago may not be known here yet: the event is on its way.
PATIENCE = 1.0
POLL = 0.05

_UNANNOUNCED = "The registration of the patient has not arrived yet."

#: The version of a patient that is registered: the first.
REGISTERED = 1

#: How many EHRs that the registry does not know are remembered to be there.
REMEMBERED = 10_000


@dataclass(frozen=True)
class EhrService:
    ehrs: Ehrs
    cdr: Cdr
    _strangers: dict[EhrId, PatientId | None] = field(default_factory=dict)

    async def open_ehr(
        self, patient_id: PatientId, ehr_id: EhrId, *, active: bool = True, restricted: bool = False
    ) -> None:
        """The patient has this EHR in EHRbase when this returns; may be repeated.

        `active`, `restricted`: whether the record was registered as one in use, and as one for some only.
        """
        await self.ehrs.link(patient_id, ehr_id)
        if restricted:
            await self.ehrs.note_restriction(patient_id, REGISTERED, restricted=True)
        if not active:
            await self.ehrs.note_activity(patient_id, REGISTERED, active=False)
        await self.cdr.create_ehr(ehr_id, patient_id)
        await self.ehrs.mark_ready(ehr_id)

    async def note_activity(self, patient_id: PatientId, version: int, *, active: bool) -> None:
        """Whether the record takes writes, as of this version of the patient; may be repeated, or come late.

        Raises PatientUnannounced.
        """
        if not await self.ehrs.note_activity(patient_id, version, active=active):
            raise PatientUnannounced(_UNANNOUNCED)

    async def note_restriction(self, patient_id: PatientId, version: int, *, restricted: bool) -> None:
        """Whether only some may know of the record, as of this version of the patient; as `note_activity`."""
        if not await self.ehrs.note_restriction(patient_id, version, restricted=restricted):
            raise PatientUnannounced(_UNANNOUNCED)

    async def of_patient(self, patient_id: PatientId) -> PatientRecord:
        """Raises PatientNotFound when the patient is still unknown after a second."""
        record = await _soon(lambda: self.ehrs.of_patient(patient_id))
        if record is None:
            raise PatientNotFound
        return record

    async def by_id(self, ehr_id: EhrId) -> PatientRecord:
        """Raises EhrNotFound when neither the registry nor EHRbase knows of it, after a second."""
        record = await self.ehrs.by_id(ehr_id) or await self._stranger(ehr_id)
        record = record or await _soon(lambda: self.ehrs.by_id(ehr_id))
        if record is None:
            raise EhrNotFound
        return record

    async def known(self, ehr_id: EhrId) -> bool:
        """Whether there is, or is to be, an EHR of this id."""
        return (await self.ehrs.by_id(ehr_id) or await self._stranger(ehr_id)) is not None

    async def check_subject(self, ehr_id: EhrId, namespace: str | None, subject: str | None) -> None:
        """Raises SubjectReserved for a subject that only the registry gives, or another than it gave."""
        record = await self.ehrs.by_id(ehr_id)
        given = record.target.patient_id if record else None
        if registered(namespace, subject) != given or (given is None and namespace == REGISTRY):
            raise SubjectReserved

    async def _stranger(self, ehr_id: EhrId) -> PatientRecord | None:
        """An EHR that EHRbase has and no registration has announced.

        It is nobody's, unless its subject is a registered patient. An EHR of ours is in the projection before
        it is in EHRbase, so that is asked once more.
        """
        if ehr_id not in self._strangers:
            try:
                status = await self.cdr.ehr_status(ehr_id)
            except EhrNotFound:
                return None
            if record := await self.ehrs.by_id(ehr_id):
                return record
            self._remember(ehr_id, status.patient_id)
        subject = self._strangers[ehr_id]
        known = await self.ehrs.of_patient(subject) if subject else None
        patient_id = subject if known else None
        ehr = LinkedEhr(
            patient_id,
            ehr_id,
            ready=True,
            active=known is None or known.active,
            restricted=known is not None and known.restricted,
        )
        return PatientRecord(patient_id, (ehr,), ehr)

    def _remember(self, ehr_id: EhrId, patient_id: PatientId | None) -> None:
        if len(self._strangers) >= REMEMBERED:
            del self._strangers[next(iter(self._strangers))]
        self._strangers[ehr_id] = patient_id

    async def writable(self, ehr: LinkedEhr) -> LinkedEhr:
        """The same EHR, made in EHRbase now if the event has not made it yet."""
        if ehr.ready or ehr.patient_id is None:
            return ehr
        await self.open_ehr(ehr.patient_id, ehr.ehr_id)
        return replace(ehr, ready=True)


async def _soon(find: Callable[[], Awaitable[PatientRecord | None]]) -> PatientRecord | None:
    give_up = monotonic() + PATIENCE
    while (record := await find()) is None:
        if monotonic() > give_up:
            return None
        await asyncio.sleep(POLL)
    return record
