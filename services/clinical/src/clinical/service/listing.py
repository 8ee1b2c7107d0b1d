"""What there is of a patient: compositions the newest first, and the versions of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from openward_contracts.identifiers import TemplateId, VersionUid
from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.audits import Authors
from clinical.domain.cursors import Place
from clinical.domain.errors import CompositionNotFound
from clinical.domain.listing import Listed, Listing, Row
from clinical.domain.permissions import READ
from clinical.domain.ports import AccessLog
from clinical.domain.record import PatientRecord
from clinical.service.rights import allow


@dataclass(frozen=True)
class Page:
    """What of it the caller may see, and after what the next page begins."""

    items: Sequence[Listed]
    next: Place | None


@dataclass(frozen=True)
class ListingService:
    listing: Listing
    authors: Authors
    access: AccessLog
    authorizer: Authorizer
    system_id: str

    async def page(
        self,
        principal: Principal,
        record: PatientRecord,
        template_id: TemplateId | None,
        after: Place | None,
        limit: int,
    ) -> Page:
        """Of the next `limit`, those whose template the caller may read; its access record is durable."""
        ehr_ids = [ehr.ehr_id for ehr in record.readable]
        rows = await self.listing.compositions(ehr_ids, template_id, after, limit + 1)
        page = rows[:limit]
        shown = await self._shown(principal, record, page)
        await self.access.seen(principal.actor(), record.target, "composition-list", len(shown))
        last = page[-1] if len(rows) > limit else None
        return Page(shown, Place(last.committed_at, last.object_id) if last else None)

    async def versions(
        self, principal: Principal, record: PatientRecord, object_id: UUID
    ) -> Sequence[Listed]:
        """The latest first; its access record is durable. Raises CompositionNotFound."""
        rows = await self.listing.versions(object_id)
        if not rows or record.holding(rows[0].ehr_id) is None:
            raise CompositionNotFound
        template_id = next((row.template_id for row in rows if row.template_id), None)
        await allow(self.authorizer, principal, READ, record, template_id, instead=CompositionNotFound())
        await self.access.seen(principal.actor(), record.target, "composition-history", len(rows))
        return await self._with_authors(rows)

    async def _shown(
        self, principal: Principal, record: PatientRecord, rows: Sequence[Row]
    ) -> Sequence[Listed]:
        patient_id = record.judged_as(principal.patient_id)
        templates = {row.template_id or "" for row in rows}
        allowed = self.authorizer.permitted(principal, READ, templates, patient_id=patient_id)
        return await self._with_authors([row for row in rows if (row.template_id or "") in allowed])

    async def _with_authors(self, rows: Sequence[Row]) -> Sequence[Listed]:
        uids = [VersionUid.of(row.object_id, self.system_id, row.version) for row in rows]
        authors = await self.authors.of(uids)
        return [Listed(uid, row, authors.get(uid)) for uid, row in zip(uids, rows, strict=True)]
