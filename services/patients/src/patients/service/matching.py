"""Matching for callers: a record in, candidates out."""

from dataclasses import dataclass

from openward_servicekit.auth import Authorizer, Principal

from patients.domain import identity
from patients.domain.duplicates.judging import Candidate, Judged, Scored
from patients.domain.matching.comparison import Grade
from patients.domain.permissions import MATCH
from patients.domain.ports import AccessLog, PatientRepository
from patients.domain.record import PatientRecord
from patients.service.duplicates import DuplicateSearch
from patients.service.visibility import sees_restricted


@dataclass(frozen=True)
class MatchingService:
    duplicates: DuplicateSearch
    patients: PatientRepository
    access: AccessLog
    authorizer: Authorizer

    async def candidates(self, caller: Principal, record: PatientRecord) -> Judged:
        """Patients whom the record may be of, best first; nothing is stored but who asked.

        Raises IdentifierInvalid, MrnGiven.
        """
        await self.authorizer.authorize(caller, MATCH)
        domains = await self.duplicates.domains.current()
        record = identity.checked(record, domains, self.duplicates.judge.region)
        looked = await self.duplicates.look(record)
        scored = [one for one in looked.scored if not one.hit.restricted or sees_restricted(caller)]
        found = await self._patients(scored)
        await self.access.searched(
            caller.actor(), f"match {record.model_dump_json()}", [one.patient for one in found]
        )
        return Judged(tuple(found), looked.findings.truncated)

    async def certain(self, caller: Principal, record: PatientRecord) -> Judged:
        """The one patient whom the record is of beyond doubt, or nobody: also when two are (IHE ITI-119)."""
        judged = await self.candidates(caller, record)
        certain = tuple(one for one in judged.candidates if one.grade is Grade.CERTAIN)
        alone = len(certain) == 1 and not judged.truncated
        return Judged(certain if alone else (), judged.truncated)

    async def _patients(self, scored: list[Scored]) -> list[Candidate]:
        found = await self.patients.by_ids([one.hit.patient_id for one in scored])
        patients = {patient.id: patient for patient in found}
        return [
            Candidate(patients[one.hit.patient_id], one.comparison, one.probability, one.grade)
            for one in scored
            if one.hit.patient_id in patients
        ]
