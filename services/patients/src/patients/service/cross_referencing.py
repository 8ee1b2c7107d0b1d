"""From one identifier to the person and all that identifies them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.auth import Authorizer, Principal

from patients.domain.cross_reference import (
    EHR_SYSTEM,
    CrossReferences,
    IdentifierAmbiguous,
    SourceDomainUnknown,
    SourceIdentifierNotFound,
    TargetDomainUnknown,
)
from patients.domain.errors import PatientNotFound
from patients.domain.keys import identifier_key
from patients.domain.patient import MRN_SYSTEM, Patient
from patients.domain.permissions import SEARCH
from patients.domain.ports import AccessLog, DomainRepository, PatientRepository
from patients.service.merge_records import MergeRecords
from patients.service.visibility import sees_restricted, shown

REGISTRYS_OWN = frozenset({MRN_SYSTEM, EHR_SYSTEM})


class Token(NamedTuple):
    """An identifier: its system, and its value in any spelling."""

    system: str
    value: str


@dataclass(frozen=True)
class CrossReferenceService:
    """Restricted patients are, for those who may not see them, not there."""

    references: CrossReferences
    patients: PatientRepository
    domains: DomainRepository
    merge_records: MergeRecords
    access: AccessLog
    authorizer: Authorizer

    async def holders(self, caller: Principal, token: Token) -> Sequence[Patient]:
        """Whose the identifier is or was, merged or not; nothing of them is released by this."""
        await self.authorizer.authorize(caller, SEARCH)
        return await self._holders(caller, token)

    async def linked(
        self, caller: Principal, token: Token, targets: Sequence[str], *, identity: PatientId | None = None
    ) -> Sequence[Patient]:
        """The person's record and those merged into it, the survivor first: read, and recorded as such.

        `identity`: the token names this patient by id. Raises SourceIdentifierNotFound, SourceDomainUnknown,
        TargetDomainUnknown, IdentifierAmbiguous.
        """
        await self.authorizer.authorize(caller, SEARCH)
        for system in targets:
            if not await self.knows(system):
                raise TargetDomainUnknown
        found = {identity} if identity else {each.id for each in await self._holders(caller, token)}
        persons = {await self.patients.survivor(each) for each in found}
        if not persons:
            known = await self.knows(token.system)
            raise SourceIdentifierNotFound if known else SourceDomainUnknown
        if len(persons) > 1:
            raise IdentifierAmbiguous
        members = await self.merge_records.ehrs(caller, persons.pop(), None)
        return [member.patient for member in members]

    async def replaced(
        self, caller: Principal, ids: Sequence[PatientId]
    ) -> Mapping[PatientId, Sequence[PatientId]]:
        """Who was merged into each of them."""
        return await self.references.replaced(ids, restricted=sees_restricted(caller)) if ids else {}

    async def beside(self, caller: Principal, ids: Sequence[PatientId]) -> Mapping[PatientId, Patient]:
        """Those that the caller may see, to be shown beside what a search has released; recorded as read."""
        found = await self.named(caller, ids)
        for patient in found.values():
            await self.access.read(caller.actor(), patient.id, patient.ehr_id)
        return found

    async def named(self, caller: Principal, ids: Sequence[PatientId]) -> Mapping[PatientId, Patient]:
        """Those that the caller may see; nothing of them is released by this."""
        found = await self.patients.by_ids(ids) if ids else ()
        return {patient.id: patient for patient in await shown(caller, found, self.patients)}

    async def released(self, caller: Principal, patient_id: PatientId) -> Patient:
        """The patient as an answer to a change that the caller made; recorded as a read."""
        patient = (await self.named(caller, [patient_id])).get(patient_id)
        if patient is None:
            raise PatientNotFound
        await self.access.read(caller.actor(), patient.id, patient.ehr_id)
        return patient

    async def knows(self, system: str) -> bool:
        """Whether the domain is declared, the registry's own, or of an identifier that somebody has."""
        if system in REGISTRYS_OWN:
            return True
        declared = (await self.domains.current()).by_system
        return system in declared or await self.references.in_use(system)

    async def _holders(self, caller: Principal, token: Token) -> Sequence[Patient]:
        if token.system == EHR_SYSTEM:
            patient_id = await self._by_ehr(token.value)
            found = await self.patients.by_ids([patient_id] if patient_id else [])
        else:
            found = await self.patients.by_identifier(token.system, token.value)
        return await shown(caller, found, self.patients)

    async def _by_ehr(self, text: str) -> PatientId | None:
        try:
            ehr_id = EhrId(text)
        except ValueError:
            return None
        return await self.references.by_ehr(ehr_id)


def tokens(patient: Patient) -> Iterator[Token]:
    """All identifiers, in the spelling that compares."""
    for identifier in patient.record.identifiers:
        yield Token(identifier.system, identifier_key(identifier.value))
    yield Token(MRN_SYSTEM, patient.mrn)
    yield Token(EHR_SYSTEM, str(patient.ehr_id))
