"""Virtual merge: two patients turn out to be one, and nothing of either is copied or lost.

The source keeps its row, names, identifiers and EHR; all that is written is whom it leads to. So a merge can
be taken back at any time: what was merged into the source stays with it, and both records are what they would
be without the merge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from openward_contracts.actor import Actor
from openward_contracts.identifiers import PatientId

from patients.domain.errors import MergeVersionMismatch, MergeWithSelf, PatientMergedAway
from patients.domain.patient import Change, Patient

#: Names that stand in a version's list of changed fields.
SURVIVOR, MERGED = "survivor", "merged"
_INSTANT = timedelta(milliseconds=1)


class MergeState(StrEnum):
    """With -ing until the clinical service has followed; the registry itself is done at once."""

    MERGING = "merging"
    MERGED = "merged"
    UNMERGING = "unmerging"
    UNMERGED = "unmerged"


@dataclass(frozen=True, slots=True)
class Decided:
    at: datetime
    by: Actor
    reason: str


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """The versions are those that whoever decides has seen."""

    source_id: PatientId
    target_id: PatientId
    source_version: int
    target_version: int
    reason: str


@dataclass(frozen=True, slots=True)
class Merge:
    """The decision. `source_version`, `target_version`: of both patients after it."""

    id: UUID
    source_id: PatientId
    target_id: PatientId
    source_version: int
    target_version: int
    state: MergeState
    merged: Decided
    unmerged: Decided | None = None

    def holds_at(self, moment: datetime) -> bool:
        return self.merged.at <= moment and (self.unmerged is None or moment < self.unmerged.at)

    @property
    def holds(self) -> bool:
        """Whether it has not been taken back."""
        return self.unmerged is None


Position = tuple[datetime, UUID]
"""When it was merged, and its id."""


@dataclass(frozen=True, slots=True)
class Step:
    """A merge made or undone: the decision and both patients as they are to be."""

    merge: Merge
    source: Patient
    target: Patient


def merged(merge_id: UUID, source: Patient, target: Patient, request: MergeRequest, decided: Decided) -> Step:
    """Both must be survivors: so no chain of merges comes back to where it began, and each has one end.

    Raises MergeWithSelf, PatientMergedAway, MergeVersionMismatch.
    """
    if source.id == target.id:
        raise MergeWithSelf
    for patient in (source, target):
        if patient.survivor_id is not None:
            raise PatientMergedAway(patient.survivor_id)
    asked = (
        ("source_version", request.source_version, source),
        ("target_version", request.target_version, target),
    )
    if stale := {name: patient.version for name, version, patient in asked if version != patient.version}:
        raise MergeVersionMismatch(stale)
    decided = _after(decided, source, target)
    source, target = _changed(source, target, target.id, decided)
    merge = Merge(merge_id, source.id, target.id, source.version, target.version, MergeState.MERGING, decided)
    return Step(merge, source, target)


def unmerged(merge: Merge, source: Patient, target: Patient, decided: Decided) -> Step:
    """Whatever has become of the two since: nothing but the link goes."""
    decided = _after(decided, source, target)
    source, target = _changed(source, target, None, decided)
    return Step(replace(merge, state=MergeState.UNMERGING, unmerged=decided), source, target)


def followed(state: MergeState) -> MergeState:
    """The state once the clinical service has done the same; of one that it is done with, that one."""
    return {MergeState.MERGING: MergeState.MERGED, MergeState.UNMERGING: MergeState.UNMERGED}.get(
        state, state
    )


def _changed(
    source: Patient, target: Patient, survivor: PatientId | None, decided: Decided
) -> tuple[Patient, Patient]:
    return (
        replace(source.changed(source.record, _change(decided, SURVIVOR)), survivor_id=survivor),
        target.changed(target.record, _change(decided, MERGED)),
    )


def _change(decided: Decided, field: str) -> Change:
    return Change(decided.at, decided.by, (field,), decided.reason)


def _after(decided: Decided, *patients: Patient) -> Decided:
    """Later than what both were before, whatever this process's clock says: links are asked for by time."""
    at = max(decided.at, *(patient.change.at + _INSTANT for patient in patients))
    return replace(decided, at=at.replace(microsecond=at.microsecond // 1000 * 1000))


class MergeRepository(Protocol):
    """Raises RegistryBusy and RegistryTimeout as the other repositories do."""

    async def write(self, step: Step, linked: Sequence[Patient]) -> bool:
        """Both patients, the decision, the pair's label and the events in one transaction.

        `linked`: who is merged into the source, over any number of merges. False, and nothing is written,
        when either patient or they are not what the step was decided on any more.
        """

    async def get(self, merge_id: UUID) -> Merge | None: ...

    async def away(self, source_id: PatientId) -> Merge | None:
        """The merge of this patient into another that holds."""

    async def connected(self, patient_id: PatientId) -> Sequence[Merge]:
        """All merges, those undone too, between patients that merges connect with this one."""

    async def page(
        self, patient_id: PatientId, after: Position | None, limit: int, *, restricted: bool
    ) -> Sequence[Merge]:
        """Merges that the patient took part in, newest first, up to `limit` beyond the position.

        Without `restricted` those with a restricted patient are left out.
        """

    async def judged_different(self, one: PatientId, other: PatientId) -> bool:
        """As a pair of the matching, or by undoing a merge of the two."""

    async def follow(self, merge_id: UUID, state: MergeState) -> None:
        """From this state to the one that `followed` gives; without effect in any other state."""
