"""Registering, reading and changing patients."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.auth import Authorizer, Principal

from patients.domain import identity
from patients.domain.dates import now
from patients.domain.errors import (
    IdentifierContradicts,
    OverlaySuspected,
    PatientExists,
    PatientMergedAway,
    PatientNotFound,
    ReasonRequired,
    TwinRegistered,
    VersionMismatch,
)
from patients.domain.findable import Findable, findable
from patients.domain.identifier_domain import Domains
from patients.domain.patient import Change, EhrState, Patient, Why
from patients.domain.permissions import READ, UPDATE
from patients.domain.ports import AccessLog, DomainRepository, PatientRepository, Version, as_of
from patients.domain.record import PatientRecord
from patients.service.duplicate_check import DuplicateCheck
from patients.service.visibility import shown

#: Ids of repeatable registrations are made from the caller and the Idempotency-Key under this name space.
KEYED = UUID("6f0b8f0e-97ab-5d0c-8a55-0c2f2a6a9d21")
#: A name may be registered again and again meanwhile, each time by a caller who may not know of the other.
_LOOKS = 5


@dataclass(frozen=True)
class RegistrationService:
    """`region`: ISO 3166 code of the country that phone numbers without a country code are of."""

    patients: PatientRepository
    domains: DomainRepository
    access: AccessLog
    authorizer: Authorizer
    duplicates: DuplicateCheck
    region: str | None = None

    async def register(
        self, caller: Principal, record: PatientRecord, idempotency_key: str | None, why: Why
    ) -> Patient:
        """The patient, with the id of an EHR that is being made; the same key registers the same patient.

        Raises PatientExists when the key has registered another one, or one that has changed since;
        PossibleDuplicate and IdentifierContradicts unless that doubt is confirmed, with a reason.
        """
        domains = await self.domains.current()
        record = identity.checked(record, domains, self.region)
        _guard_birth_date(record, domains, why)
        patient = await self._new(caller, record, idempotency_key, why.reason)
        try:
            await self._add(caller, patient, self._keys(patient, domains), why)
        except PatientExists:
            known = await self._known(caller, patient.id)
            if known.record != record:
                raise
            return known
        return patient

    async def _add(self, caller: Principal, patient: Patient, keys: Findable, why: Why) -> None:
        """Looks again when somebody of the same name and birth date came in between."""
        for _ in range(_LOOKS):
            admission = await self.duplicates.admit(caller, patient, why)
            try:
                return await self.patients.add(patient, keys, admission)
            except TwinRegistered:
                why = replace(
                    why, confirmed=why.confirmed - {"duplicates"}
                )  # whoever came in between was not shown yet
        raise TwinRegistered

    async def read(self, caller: Principal, patient_id: PatientId) -> Patient:
        patient = await self._known(caller, patient_id)
        await self.authorizer.authorize(
            caller, READ, patient_id=patient_id, ehr_id=patient.ehr_id, instead=PatientNotFound()
        )
        await self.access.read(caller.actor(), patient.id, patient.ehr_id)
        return patient

    async def history(self, caller: Principal, patient_id: PatientId) -> Sequence[Version]:
        """Every version, oldest first; the last is the current one."""
        patient = await self.read(caller, patient_id)
        former = await self.patients.former(patient_id)
        return [*former, Version(patient.version, patient.record, patient.survivor_id, patient.change)]

    async def as_of(self, caller: Principal, patient_id: PatientId, moment: datetime) -> Version:
        """Raises PatientNotFound where the patient was not registered yet."""
        held = as_of(await self.history(caller, patient_id), moment)
        if held is None:
            raise PatientNotFound
        return held

    async def current(self, caller: Principal, patient_id: PatientId) -> Patient:
        """The record that a partial update starts from; it is not released."""
        await self.authorizer.authorize(caller, UPDATE, patient_id=patient_id)
        return await self._known(caller, patient_id)

    async def update(self, caller: Principal, before: Patient, record: PatientRecord, why: Why) -> Patient:
        """The patient after the change; the same patient when nothing changes. Either way it is released.

        Raises OverlaySuspected and IdentifierContradicts unless they are confirmed, with a reason.
        """
        domains = await self.domains.current()
        record = identity.checked(record, domains, self.region)
        await self.access.read(caller.actor(), before.id, before.ehr_id)
        changed = record.changed_from(before.record)
        if not changed:
            return before
        if before.survivor_id is not None:
            raise PatientMergedAway(before.survivor_id)
        _guard_overlay(before.record, record, why)
        if not {"identifiers", "birth_date"}.isdisjoint(changed):
            _guard_birth_date(record, domains, why)
        after = before.changed(record, Change(now(), caller.actor(), changed, why.reason))
        await self.patients.update(before, after, self._keys(before, domains), self._keys(after, domains))
        return after

    async def expect(self, caller: Principal, patient_id: PatientId, version: int) -> Patient:
        """The current record, of that version; raises VersionMismatch."""
        patient = await self.current(caller, patient_id)
        if patient.version != version:
            raise VersionMismatch(patient.version)
        return patient

    async def mark_ehr_ready(self, ehr_id: EhrId) -> None:
        await self.patients.mark_ehr_ready(ehr_id)

    async def _new(
        self, caller: Principal, record: PatientRecord, key: str | None, reason: str | None
    ) -> Patient:
        at = now()
        return Patient(
            id=_patient_id(caller, key),
            version=1,
            mrn=await self.patients.next_mrn(),
            record=record,
            ehr_id=EhrId(uuid4()),
            ehr_state=EhrState.PENDING,
            created_at=at,
            change=Change(at, caller.actor(), (), reason),
        )

    def _keys(self, patient: Patient, domains: Domains) -> Findable:
        return findable(patient.id, patient.record, domains, self.region)

    async def _known(self, caller: Principal, patient_id: PatientId) -> Patient:
        patient = await self.patients.get(patient_id)
        if patient is None or not await shown(caller, [patient], self.patients):
            raise PatientNotFound
        return patient


def _guard_overlay(before: PatientRecord, after: PatientRecord, why: Why) -> None:
    fields = identity.overlaid(before, after)
    if not fields:
        return
    if "overlay" not in why.confirmed:
        raise OverlaySuspected(fields)
    if why.reason is None:
        raise ReasonRequired


def _guard_birth_date(record: PatientRecord, domains: Domains, why: Why) -> None:
    doubts = identity.contradicted(record, domains)
    if not doubts:
        return
    if "identifier" not in why.confirmed:
        raise IdentifierContradicts(doubts)
    if why.reason is None:
        raise ReasonRequired


def _patient_id(caller: Principal, idempotency_key: str | None) -> PatientId:
    if idempotency_key is None:
        return PatientId(uuid4())
    return PatientId(uuid5(KEYED, f"{caller.sub} {idempotency_key}"))
