"""Compositions in lists: which there are, by whom and when, and nothing of what they hold."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from openward_contracts.identifiers import EhrId, EncounterId, TemplateId, VersionUid

from clinical.domain.audits import Author
from clinical.domain.cursors import Place
from clinical.domain.stated import COMPLETE, DELETED


@dataclass(frozen=True, slots=True)
class Row:
    """A version as EHRbase keeps it; `template_id` is None where its template is no more."""

    object_id: UUID
    ehr_id: EhrId
    template_id: TemplateId | None
    version: int
    committed_at: datetime
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """`author` is None for what was written past this service. `encounter_id`: where it belongs now."""

    version_uid: VersionUid
    row: Row
    author: Author | None
    encounter_id: EncounterId | None = None

    @property
    def lifecycle_state(self) -> str:
        """A code of openEHR's. To EHRbase what does not delete is complete; a client may have said more."""
        said = self.author.stated.lifecycle_state if self.author else None
        return DELETED if self.row.deleted else COMPLETE if said in (None, DELETED) else said


class Listing(Protocol):
    """EHRbase's versions, asked of its database."""

    async def compositions(
        self, ehr_ids: Collection[EhrId], template_id: TemplateId | None, after: Place | None, limit: int
    ) -> Sequence[Row]:
        """As they are now, the last committed first."""

    async def versions(self, object_id: UUID) -> Sequence[Row]:
        """All of one composition, the latest first."""
