"""Everything that was recorded about a person, as EHRbase has it when it is asked for."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from openward_contracts.identifiers import TemplateId, VersionUid
from openward_openehr.recorded.labels import Labels
from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.audits import Authors
from clinical.domain.belonging import Belongings
from clinical.domain.cursors import Place
from clinical.domain.permissions import READ
from clinical.domain.ports import AccessLog
from clinical.domain.record import PatientRecord
from clinical.domain.timeline import Item, Reach, Row, Sought, Timelines
from clinical.service.labelling import Labelling
from clinical.service.recording import Recorder


@dataclass(frozen=True)
class Page:
    """`labels`: of the templates of its items. `total`: of all pages, if it was asked for.

    `unreadable`: compositions that may be read, but nobody can: their entries are on no page.
    """

    items: Sequence[Item]
    labels: Mapping[TemplateId, Labels]
    next: Place | None
    total: int | None
    unreadable: int


@dataclass(frozen=True)
class TimelineService:
    """`system_id` is EHRbase's: the middle part of every version uid."""

    recorder: Recorder
    timelines: Timelines
    labelling: Labelling
    authors: Authors
    belongings: Belongings
    access: AccessLog
    authorizer: Authorizer
    system_id: str

    async def page(
        self,
        principal: Principal,
        record: PatientRecord,
        sought: Sought,
        after: Place | None,
        limit: int,
        *,
        counted: bool,
    ) -> Page:
        """The newest first, of templates that the caller may read; its access record is durable."""
        ehr_ids = [ehr.ehr_id for ehr in record.readable]
        await self.recorder.up_to_date(ehr_ids)
        in_use = await self.timelines.templates(ehr_ids, sought)
        reach = Reach(ehr_ids, record.patient_ids, self._readable(principal, record, sought, in_use))
        rows = await self.timelines.page(reach, sought, after, limit + 1)
        total = await self.timelines.count(reach, sought) if counted else None
        page = rows[:limit]
        labels = await self.labelling.of({row.template_id for row in page if row.template_id})
        items = await self._told(record, page)
        await self.access.seen(principal.actor(), record.target, "timeline", len(items))
        unreadable = sum(in_use[template_id] for template_id in reach.templates)
        return Page(items, labels, page[-1].place if len(rows) > limit else None, total, unreadable)

    def _readable(
        self,
        principal: Principal,
        record: PatientRecord,
        sought: Sought,
        in_use: Collection[TemplateId | None],
    ) -> Collection[TemplateId | None]:
        patient_id = record.judged_as(principal.patient_id)
        names = {template_id or "" for template_id in in_use}
        allowed = self.authorizer.permitted(principal, READ, names, patient_id=patient_id)
        wanted = allowed & set(sought.template_ids) if sought.template_ids else allowed
        return [template_id for template_id in in_use if (template_id or "") in wanted]

    async def _told(self, record: PatientRecord, rows: Sequence[Row]) -> Sequence[Item]:
        """With their authors and encounters."""
        uids = [VersionUid.of(row.object_id, self.system_id, row.version) for row in rows]
        authors, encounters = await asyncio.gather(
            self.authors.of(set(uids)),
            self.belongings.of({row.object_id for row in rows}, record.patient_ids),
        )
        return [
            Item(uid, row, authors.get(uid), encounters.get(row.object_id))
            for uid, row in zip(uids, rows, strict=True)
        ]
