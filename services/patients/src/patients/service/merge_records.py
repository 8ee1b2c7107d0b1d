"""What merges have made of whom: decisions, links, EHRs by time, and what to look through afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Principal

from patients.domain.errors import PatientNotFound
from patients.domain.merges import lineage
from patients.domain.merges import review as merge_review
from patients.domain.merges.lineage import Link, Span
from patients.domain.merges.merge import Merge, Position
from patients.domain.merges.review import Edit, Survivor
from patients.domain.patient import Patient
from patients.domain.permissions import MERGE, READ
from patients.domain.ports import Version
from patients.service.merging import MergeService
from patients.service.visibility import sees, sees_restricted, shown


@dataclass(frozen=True, slots=True)
class Member:
    """A patient with their place in a person's lineage; without `merge_id` the survivor."""

    patient: Patient
    span: Span
    merge_id: UUID | None


@dataclass(frozen=True, slots=True)
class Links:
    """`away`: the merge of the patient into another that holds; `survivor_id`: where the chain ends."""

    patient: Patient
    survivor_id: PatientId
    away: Merge | None
    members: Sequence[Member]


@dataclass(frozen=True)
class MergeRecords:
    merging: MergeService

    async def read(self, caller: Principal, merge_id: UUID) -> Merge:
        await self.merging.authorizer.authorize(caller, MERGE)
        merge, source, target = await self.merging.known(caller, merge_id)
        await self._released(caller, source, target)
        return merge

    async def of_patient(
        self, caller: Principal, patient_id: PatientId, after: Position | None, limit: int
    ) -> tuple[Sequence[Merge], Position | None]:
        """Newest first, and the position of the next page, if there is one."""
        await self.merging.authorizer.authorize(caller, MERGE)
        patient = await self._patient(caller, patient_id)
        await self._released(caller, patient)
        found = await self.merging.merges.page(
            patient_id, after, limit + 1, restricted=sees_restricted(caller)
        )
        page = found[:limit]
        more = len(found) > limit
        return page, (page[-1].merged.at, page[-1].id) if more else None

    async def links(self, caller: Principal, patient_id: PatientId) -> Links:
        """Into whom the patient was merged, and who was merged into the patient."""
        patient, merges = await self._read(caller, patient_id)
        away = [merge for merge in merges if merge.source_id == patient_id and merge.holds]
        below = lineage.members(patient_id, patient.created_at, merges)[1:]
        return Links(
            patient,
            lineage.survivor(patient_id, merges),
            away[0] if away else None,
            await self._members(caller, below),
        )

    async def ehrs(self, caller: Principal, patient_id: PatientId, at: datetime | None) -> Sequence[Member]:
        """The patients whose EHRs were this person's at that time, the survivor's first: it is written to.

        Raises PatientNotFound where the patient was not registered yet.
        """
        patient, merges = await self._read(caller, patient_id)
        if at is not None and patient.created_at > at:
            raise PatientNotFound
        moment = at or lineage.NOW
        survivor_id = lineage.survivor(patient_id, merges, moment)
        survivor = await self._patient(caller, survivor_id)
        links = lineage.members(survivor_id, survivor.created_at, merges, moment)
        return await self._members(caller, links)

    async def review(self, caller: Principal, merge_id: UUID) -> tuple[Merge, Sequence[Edit]]:
        """Edits of whoever stood for the source while the merge held, so far if it still does."""
        await self.merging.authorizer.authorize(caller, MERGE)
        merge, source, _ = await self.merging.known(caller, merge_id)
        steps = lineage.survivors(merge, await self.merging.merges.connected(merge.source_id))
        patients = await self.merging.patients.by_ids([step.target_id for step, _ in steps])
        seen = {patient.id: patient for patient in patients if sees(caller, patient)}
        await self._released(caller, source, *seen.values())
        survivors = [
            Survivor(step.target_id, span, step.target_version, await self._versions(seen[step.target_id]))
            for step, span in steps
            if step.target_id in seen
        ]
        record = next(v.record for v in await self._versions(source) if v.number == merge.source_version)
        return merge, merge_review.review(record, survivors)

    async def _read(self, caller: Principal, patient_id: PatientId) -> tuple[Patient, Sequence[Merge]]:
        """As any read of the patient: recorded."""
        patient = await self._patient(caller, patient_id)
        await self.merging.authorizer.authorize(
            caller, READ, patient_id=patient_id, ehr_id=patient.ehr_id, instead=PatientNotFound()
        )
        await self._released(caller, patient)
        return patient, await self.merging.merges.connected(patient_id)

    async def _patient(self, caller: Principal, patient_id: PatientId) -> Patient:
        found = await self.merging.patients.by_ids([patient_id])
        for patient in await shown(caller, found, self.merging.patients):
            return patient
        raise PatientNotFound

    async def _members(self, caller: Principal, links: Sequence[Link]) -> Sequence[Member]:
        """Those whom the caller may see, in the order of the links."""
        found = await self.merging.patients.by_ids([link.patient_id for link in links])
        seen = {patient.id: patient for patient in found if sees(caller, patient)}
        return [
            Member(seen[link.patient_id], link.span, link.merge_id)
            for link in links
            if link.patient_id in seen
        ]

    async def _versions(self, patient: Patient) -> Sequence[Version]:
        former = await self.merging.patients.former(patient.id)
        return [*former, Version(patient.version, patient.record, patient.survivor_id, patient.change)]

    async def _released(self, caller: Principal, *patients: Patient) -> None:
        for patient in patients:
            await self.merging.access.read(caller.actor(), patient.id, patient.ehr_id)
