"""What the use cases need from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId

from patients.domain.patient import Identifier, Patient


@dataclass(frozen=True, slots=True)
class NamePosition:
    """Where a name search goes on: after this key."""

    family_key: str
    given_key: str
    patient_id: PatientId


class PatientRepository(Protocol):
    """Every write is one transaction with its event; any method may raise RegistryBusy."""

    async def add(self, patient: Patient, actor: Actor) -> None:
        """Raises PatientExists, IdentifierTaken."""

    async def get(self, patient_id: PatientId) -> Patient | None: ...

    async def update(self, before: Patient, after: Patient, changed: Sequence[str], actor: Actor) -> None:
        """Raises VersionMismatch when `before` is not the current version, IdentifierTaken."""

    async def by_identifier(self, identifier: Identifier) -> Patient | None: ...

    async def by_name(
        self, prefix: str, after: NamePosition | None, limit: int
    ) -> Sequence[tuple[NamePosition, Patient]]:
        """Patients with a name whose family or given part begins with `prefix`, by family name."""

    async def mark_ehr_ready(self, ehr_id: EhrId) -> None:
        """Idempotent; without effect on an EHR that is no patient's."""


class AccessLog(Protocol):
    """Durable when a method returns; else Unavailable is raised and nothing may be answered."""

    async def read(self, actor: Actor, patient_id: PatientId, ehr_id: EhrId) -> None: ...

    async def searched(self, actor: Actor, query: str, found: Sequence[Patient]) -> None: ...
