"""The registry's decision that two patients are one person, and how far it is carried out here.

Nothing is copied: the source keeps its EHR, which can only be read while the merge holds.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from openward_contracts.identifiers import EhrId, PatientId


class MergeState(StrEnum):
    """`merging` and `unmerging`: EHRbase has still to follow the decision."""

    MERGING = "merging"
    MERGED = "merged"
    UNMERGING = "unmerging"
    UNMERGED = "unmerged"


@dataclass(frozen=True)
class Decision:
    """What the registry decided, or took back: when, on whose behalf and in which request."""

    merge_id: UUID
    source_id: PatientId
    survivor_id: PatientId
    source_ehr_id: EhrId
    survivor_ehr_id: EhrId
    at: datetime
    decided_by: str
    correlation_id: str


@dataclass(frozen=True)
class Merge:
    """`decision` is the merge's own, with who decided last; `was_modifiable`: of the source's EHR before it.

    `was_modifiable` is None until EHRbase was asked.
    """

    decision: Decision
    state: MergeState
    was_modifiable: bool | None
    unmerged_at: datetime | None

    @property
    def merge_id(self) -> UUID:
        return self.decision.merge_id

    @property
    def ehr_id(self) -> EhrId:
        return self.decision.source_ehr_id

    @property
    def holds(self) -> bool:
        return self.unmerged_at is None
