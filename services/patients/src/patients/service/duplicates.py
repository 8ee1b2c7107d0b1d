"""Looking for duplicates, whoever asks: for a registration, a caller with a record, or the review list."""

from dataclasses import dataclass

from openward_contracts.identifiers import PatientId

from patients.domain.duplicates.judging import CandidateSearch, Findings, Judge, Scored
from patients.domain.duplicates.probe import probe
from patients.domain.findable import findable
from patients.domain.identifier_domain import Domains
from patients.domain.ports import DomainRepository
from patients.domain.record import PatientRecord

#: Of whom a record may be that is nobody's yet.
NOBODY = PatientId("00000000-0000-0000-0000-000000000000")


@dataclass(frozen=True, slots=True)
class Looked:
    """`scored` are those worth showing, best first, restricted ones too."""

    scored: tuple[Scored, ...]
    findings: Findings


@dataclass(frozen=True)
class DuplicateSearch:
    candidates: CandidateSearch
    domains: DomainRepository
    judge: Judge

    async def look(self, record: PatientRecord, patient_id: PatientId | None = None) -> Looked:
        """`patient_id` is whose record it is, who is not a duplicate of themselves.

        A record that is kept out of matching finds nobody.
        """
        if not record.matchable:
            return Looked((), Findings((), truncated=False, size=0))
        domains = await self.domains.current()
        return await self._look(record, patient_id, domains)

    async def _look(self, record: PatientRecord, patient_id: PatientId | None, domains: Domains) -> Looked:
        traits = self.judge.traits(record, domains)
        keys = findable(patient_id or NOBODY, record, domains, self.judge.region)
        findings = await self.candidates.search(probe(record, keys, traits), patient_id)
        return Looked(self.judge.judge(traits, findings, domains), findings)
