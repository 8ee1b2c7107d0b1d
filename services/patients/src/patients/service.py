"""Use cases of the registry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4, uuid5

from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.auth import Authorizer, Principal
from openward_servicekit.idempotency import IdempotencyStore

from patients.domain.cursors import SearchCursors
from patients.domain.errors import PatientExists, PatientNotFound, SearchTooShort, VersionMismatch
from patients.domain.patient import Demographics, EhrState, Identifier, Patient, search_key
from patients.domain.permissions import READ, SEARCH, UPDATE
from patients.domain.ports import AccessLog, NamePosition, PatientRepository

#: Ids of repeatable registrations are made from the caller and the Idempotency-Key under this name space.
KEYED = UUID("6f0b8f0e-97ab-5d0c-8a55-0c2f2a6a9d21")
MIN_PREFIX = 2


@dataclass(frozen=True)
class Found:
    """One page of a search, and where the next begins."""

    patients: Sequence[Patient]
    next: NamePosition | None


@dataclass(frozen=True)
class PatientService:
    patients: PatientRepository
    access: AccessLog
    authorizer: Authorizer

    async def register(
        self, caller: Principal, demographics: Demographics, idempotency_key: str | None
    ) -> Patient:
        """The patient, with the id of an EHR that is being made; the same key registers the same patient.

        Raises PatientExists when the key has registered another one, or one that has changed since.
        """
        now = datetime.now(UTC)
        patient = Patient(
            id=_patient_id(caller, idempotency_key),
            version=1,
            demographics=demographics,
            ehr_id=EhrId(uuid4()),
            ehr_state=EhrState.PENDING,
            created_at=now,
            updated_at=now,
        )
        try:
            await self.patients.add(patient, caller.actor())
        except PatientExists:
            known = await self._known(patient.id)
            if known.demographics != demographics:
                raise
            return known
        return patient

    async def read(self, caller: Principal, patient_id: PatientId) -> Patient:
        patient = await self._known(patient_id)
        await self.authorizer.authorize(
            caller, READ, patient_id=patient_id, ehr_id=patient.ehr_id, instead=PatientNotFound()
        )
        await self.access.read(caller.actor(), patient.id, patient.ehr_id)
        return patient

    async def update(
        self, caller: Principal, patient_id: PatientId, version: int, demographics: Demographics
    ) -> Patient:
        """The patient after the change; the same patient when nothing changes. Either way it is released."""
        before = await self._known(patient_id)
        await self.authorizer.authorize(caller, UPDATE, patient_id=patient_id, ehr_id=before.ehr_id)
        if before.version != version:
            raise VersionMismatch(before.version)
        await self.access.read(caller.actor(), patient_id, before.ehr_id)
        changed = demographics.changed_from(before.demographics)
        if not changed:
            return before
        after = before.updated(demographics, datetime.now(UTC))
        await self.patients.update(before, after, changed, caller.actor())
        return after

    async def current(self, caller: Principal, patient_id: PatientId) -> Patient:
        """The record that a partial update starts from; it is not released."""
        await self.authorizer.authorize(caller, UPDATE, patient_id=patient_id)
        return await self._known(patient_id)

    async def find_by_identifier(self, caller: Principal, identifier: Identifier) -> Found:
        await self.authorizer.authorize(caller, SEARCH)
        patient = await self.patients.by_identifier(identifier)
        found = [patient] if patient else []
        await self.access.searched(caller.actor(), f"identifier {identifier}", found)
        return Found(found, None)

    async def find_by_name(
        self, caller: Principal, name: str, after: NamePosition | None, limit: int
    ) -> Found:
        """By the beginning of a family or given name, in the order of family names."""
        await self.authorizer.authorize(caller, SEARCH)
        prefix = search_key(name)
        if len(prefix) < MIN_PREFIX:
            raise SearchTooShort
        rows = await self.patients.by_name(prefix, after, limit + 1)
        page = rows[:limit]
        patients = [patient for _, patient in page]
        await self.access.searched(caller.actor(), f"name {prefix}", patients)
        return Found(patients, page[-1][0] if len(rows) > limit else None)

    async def mark_ehr_ready(self, ehr_id: EhrId) -> None:
        await self.patients.mark_ehr_ready(ehr_id)

    async def _known(self, patient_id: PatientId) -> Patient:
        patient = await self.patients.get(patient_id)
        if patient is None:
            raise PatientNotFound
        return patient


@dataclass(frozen=True)
class Patients:
    """What routes find in `app.state.patients`."""

    registry: PatientService
    idempotency: IdempotencyStore
    cursors: SearchCursors


def _patient_id(caller: Principal, idempotency_key: str | None) -> PatientId:
    if idempotency_key is None:
        return PatientId(uuid4())
    return PatientId(uuid5(KEYED, f"{caller.sub} {idempotency_key}"))
