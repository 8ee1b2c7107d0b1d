"""What the use cases need from outside.

Every write is one transaction with its event; any method may raise RegistryBusy (nothing was done) or
RegistryTimeout (nobody knows).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId

from patients.domain.duplicates.pairs import Found
from patients.domain.findable import Findable, NameKey
from patients.domain.identifier_domain import Domains, IdentifierDomain
from patients.domain.patient import Change, Patient
from patients.domain.record import PatientRecord


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a patient, as it was until the next."""

    number: int
    record: PatientRecord
    survivor_id: PatientId | None
    change: Change


@dataclass(frozen=True, slots=True)
class Admission:
    """What a look for duplicates came to, to be written with the registration.

    `call` is the official name. Somebody else than `not_twins` of the same name and birth date was registered
    since, and refuses the registration. Without a `call`, or with `not_twins` None, there is no such refusal.
    """

    call: NameKey | None = None
    not_twins: frozenset[PatientId] | None = None
    pairs: Sequence[Found] = ()


UNCHECKED = Admission()


class PatientRepository(Protocol):
    async def next_mrn(self) -> str:
        """A medical record number that nobody has."""

    async def add(self, patient: Patient, keys: Findable, admission: Admission = UNCHECKED) -> None:
        """Raises PatientExists, IdentifierTaken, TwinRegistered."""

    async def get(self, patient_id: PatientId) -> Patient | None: ...

    async def update(self, before: Patient, after: Patient, old: Findable, new: Findable) -> None:
        """Raises VersionMismatch when `before` is not the current version, IdentifierTaken."""

    async def former(self, patient_id: PatientId) -> Sequence[Version]:
        """All former versions, oldest first."""

    async def by_ids(self, ids: Sequence[PatientId]) -> Sequence[Patient]:
        """Those that exist, in the order of `ids`."""

    async def by_identifier(self, system: str, value: str) -> Sequence[Patient]:
        """Who has or had it: one where the domain is exclusive; of the MRN's domain by the MRN."""

    async def survivor(self, patient_id: PatientId) -> PatientId:
        """The patient at the end of the chain of merges; itself when it was not merged."""

    async def mark_ehr_ready(self, ehr_id: EhrId) -> None:
        """Idempotent; without effect on an EHR that is no patient's."""


class DomainRepository(Protocol):
    async def all(self) -> dict[str, tuple[int, IdentifierDomain]]:
        """Id -> version and domain."""

    async def current(self) -> Domains:
        """As of a few seconds ago at most."""

    async def put(self, domain_id: str, domain: IdentifierDomain, version: int | None, actor: Actor) -> int:
        """Make it, or with `version` replace that one; answers the new version.

        Raises VersionMismatch, DomainTaken.
        """


class AccessLog(Protocol):
    """Durable when a method returns; else Unavailable is raised and nothing may be answered."""

    async def read(self, actor: Actor, patient_id: PatientId, ehr_id: EhrId) -> None: ...

    async def searched(self, actor: Actor, query: str, found: Sequence[Patient]) -> None: ...


def as_of(versions: Sequence[Version], moment: datetime) -> Version | None:
    """Of versions in their order, the one that held at the moment; None before the first."""
    held = [version for version in versions if version.change.at <= moment]
    return held[-1] if held else None
