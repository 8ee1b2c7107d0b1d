"""What there is of a patient: compositions the newest first, and the versions of one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from openward_contracts.identifiers import EncounterId, TemplateId, VersionUid
from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.audits import Authors
from clinical.domain.belonging import Belonging, Belongings, Step
from clinical.domain.composition import Head
from clinical.domain.cursors import Place
from clinical.domain.encounter_errors import EncounterNotFound
from clinical.domain.encounter_ports import Encounters
from clinical.domain.errors import CompositionNotFound
from clinical.domain.listing import Listed, Listing, Row
from clinical.domain.permissions import READ, READ_ENCOUNTER
from clinical.domain.ports import AccessLog, Heads
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
    heads: Heads
    authors: Authors
    encounters: Encounters
    belongings: Belongings
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

    async def in_encounter(
        self,
        principal: Principal,
        record: PatientRecord,
        encounter_id: EncounterId,
        after: Place | None,
        limit: int,
    ) -> Page:
        """Compositions that belong to it as they are now, the last put there first; see `page`.

        Whose they are is what EHRbase says of them, whatever is kept here. Raises EncounterNotFound.
        """
        await allow(self.authorizer, principal, READ_ENCOUNTER, record)
        if await self.encounters.get(encounter_id, record.patient_ids) is None:
            raise EncounterNotFound
        ehr_ids = [ehr.ehr_id for ehr in record.readable]
        belonging = await self.belongings.page(encounter_id, ehr_ids, after, limit + 1)
        page = belonging[:limit]
        heads = await asyncio.gather(*(self.heads.head(each.object_id) for each in page))
        rows = [
            _row(each, head)
            for each, head in zip(page, heads, strict=True)
            if head and not head.deleted and record.holding(head.ehr_id)
        ]
        shown = await self._shown(principal, record, rows)
        await self.access.seen(principal.actor(), record.target, "composition-list", len(shown))
        last = page[-1] if len(belonging) > limit else None
        return Page(shown, Place(last.recorded_at, last.object_id) if last else None)

    async def versions(
        self, principal: Principal, record: PatientRecord, object_id: UUID
    ) -> Sequence[Listed]:
        """The latest first; its access record is durable. Raises CompositionNotFound."""
        rows = await self._versions(principal, record, object_id)
        await self.access.seen(principal.actor(), record.target, "composition-history", len(rows))
        return await self._told(record, rows)

    async def encounter_steps(
        self, principal: Principal, record: PatientRecord, object_id: UUID
    ) -> Sequence[Step]:
        """How its encounter changed, the first first; its access record is durable.

        Raises CompositionNotFound, also for what was erased: the audit log alone tells of that.
        """
        await allow(self.authorizer, principal, READ_ENCOUNTER, record)
        await self._versions(principal, record, object_id)
        steps = await self.belongings.steps(object_id, record.patient_ids)
        await self.access.seen(principal.actor(), record.target, "composition-encounters", len(steps))
        return steps

    async def _versions(self, principal: Principal, record: PatientRecord, object_id: UUID) -> Sequence[Row]:
        """Of a composition that the caller may read, the latest first. Raises CompositionNotFound."""
        rows = await self.listing.versions(object_id)
        if not rows or record.holding(rows[0].ehr_id) is None:
            raise CompositionNotFound
        template_id = next((row.template_id for row in rows if row.template_id), None)
        await allow(self.authorizer, principal, READ, record, template_id, instead=CompositionNotFound())
        return rows

    async def _shown(
        self, principal: Principal, record: PatientRecord, rows: Sequence[Row]
    ) -> Sequence[Listed]:
        patient_id = record.judged_as(principal.patient_id)
        templates = {row.template_id or "" for row in rows}
        allowed = self.authorizer.permitted(principal, READ, templates, patient_id=patient_id)
        return await self._told(record, [row for row in rows if (row.template_id or "") in allowed])

    async def _told(self, record: PatientRecord, rows: Sequence[Row]) -> Sequence[Listed]:
        """With their authors and encounters."""
        uids = [VersionUid.of(row.object_id, self.system_id, row.version) for row in rows]
        authors = await self.authors.of(uids)
        encounters = await self.belongings.of({row.object_id for row in rows}, record.patient_ids)
        return [
            Listed(uid, row, authors.get(uid), encounters.get(row.object_id))
            for uid, row in zip(uids, rows, strict=True)
        ]


def _row(belonging: Belonging, head: Head) -> Row:
    committed_at = head.made_at or belonging.recorded_at
    return Row(belonging.object_id, head.ehr_id, head.template_id, head.version, committed_at)
