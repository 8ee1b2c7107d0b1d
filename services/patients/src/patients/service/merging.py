"""Merging two patients and taking it back; callable without HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Authorizer, Principal

from patients.domain.errors import (
    MergeNotFound,
    MergeRestricted,
    MergeWithSelf,
    PatientMergedAway,
    PatientNotFound,
    RegistryBusy,
)
from patients.domain.merges import lineage
from patients.domain.merges.merge import (
    Decided,
    Merge,
    MergeRepository,
    MergeRequest,
    MergeState,
    merged,
    unmerged,
)
from patients.domain.merges.preview import Preview, compared, doubts
from patients.domain.patient import Patient
from patients.domain.permissions import MERGE
from patients.domain.ports import AccessLog, DomainRepository, PatientRepository
from patients.service.visibility import sees_restricted, shown

#: So often a step is decided again when somebody else changed one of the two in between.
_TRIES = 5


class Executed(NamedTuple):
    """`new`: false when the same merge had been made before and still holds."""

    merge: Merge
    new: bool


@dataclass(frozen=True)
class MergeService:
    """Whoever may not see one of the two gets PatientNotFound or MergeNotFound, as if it were not there."""

    merges: MergeRepository
    patients: PatientRepository
    domains: DomainRepository
    access: AccessLog
    authorizer: Authorizer

    async def preview(self, caller: Principal, source_id: PatientId, target_id: PatientId) -> Preview:
        """Field by field, and what speaks against it; nothing is stored.

        Raises PatientNotFound, MergeWithSelf, PatientMergedAway.
        """
        await self.authorizer.authorize(caller, MERGE)
        source, target = await self._pair(caller, source_id, target_id)
        for patient in (source, target):
            if patient.survivor_id is not None:
                raise PatientMergedAway(patient.survivor_id)
        different = await self.merges.judged_different(source_id, target_id)
        found = Preview(
            source,
            target,
            tuple(await self._linked(source_id)),
            compared(source.record, target.record),
            doubts(source, target, await self.domains.current(), judged_different=different),
        )
        for patient in (source, target):
            await self.access.read(caller.actor(), patient.id, patient.ehr_id)
        return found

    async def execute(self, caller: Principal, request: MergeRequest) -> Executed:
        """Done when it returns; the clinical service follows. A merge of the same two that holds is answered.

        Raises PatientNotFound, MergeWithSelf, PatientMergedAway, MergeVersionMismatch, MergeRestricted.
        """
        await self.authorizer.authorize(caller, MERGE)
        for _ in range(_TRIES):
            source, target = await self._pair(caller, request.source_id, request.target_id)
            if source.survivor_id == target.id and (known := await self.merges.away(source.id)):
                return Executed(known, new=False)
            _guard_restricted(caller, source, target)
            step = merged(uuid4(), source, target, request, _decided(caller, request.reason))
            if await self.merges.write(step, await self._linked(source.id)):
                return Executed(step.merge, new=True)
        raise RegistryBusy

    async def unmerge(self, caller: Principal, merge_id: UUID, reason: str) -> Merge:
        """At any later time, whatever has been changed or merged since; one that is undone stays as it is.

        Raises MergeNotFound.
        """
        await self.authorizer.authorize(caller, MERGE)
        for _ in range(_TRIES):
            merge, source, target = await self.known(caller, merge_id)
            if not merge.holds:
                return merge
            step = unmerged(merge, source, target, _decided(caller, reason))
            if await self.merges.write(step, await self._linked(source.id)):
                return step.merge
        raise RegistryBusy

    async def known(self, caller: Principal, merge_id: UUID) -> tuple[Merge, Patient, Patient]:
        """The decision, its source and its target. Raises MergeNotFound."""
        merge = await self.merges.get(merge_id)
        if merge is None:
            raise MergeNotFound
        try:
            source, target = await self._pair(caller, merge.source_id, merge.target_id)
        except PatientNotFound:
            raise MergeNotFound from None
        return merge, source, target

    async def clinical_merged(self, merge_id: UUID) -> None:
        """The clinical service has carried it out; it may say so twice, and late."""
        await self.merges.follow(merge_id, MergeState.MERGING)

    async def clinical_unmerged(self, merge_id: UUID) -> None:
        await self.merges.follow(merge_id, MergeState.UNMERGING)

    async def _pair(self, caller: Principal, source: PatientId, target: PatientId) -> tuple[Patient, Patient]:
        if source == target:
            raise MergeWithSelf
        found = await self.patients.by_ids([source, target])
        seen = await shown(caller, found, self.patients)
        try:
            one, other = seen
        except ValueError:
            raise PatientNotFound from None
        return one, other

    async def _linked(self, source_id: PatientId) -> Sequence[Patient]:
        """Who is merged into the source, over any number of merges."""
        merges = await self.merges.connected(source_id)
        links = lineage.members(source_id, datetime.now(UTC), merges)
        ids = [link.patient_id for link in links if link.merge_id]
        return await self.patients.by_ids(ids) if ids else ()


def _guard_restricted(caller: Principal, source: Patient, target: Patient) -> None:
    """Else what only some may see would be found through a record that all may see."""
    if source.restricted != target.restricted and not sees_restricted(caller):
        raise MergeRestricted


def _decided(caller: Principal, reason: str) -> Decided:
    return Decided(datetime.now(UTC), caller.actor(), reason)
