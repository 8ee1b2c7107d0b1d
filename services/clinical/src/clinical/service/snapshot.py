"""What matters most of a patient: problems, medications, allergies, vital signs, as the mapping says."""

from asyncio import to_thread
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from openward_contracts.identifiers import EhrId, TemplateId
from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.latest import Latest, Newest, newest_of
from clinical.domain.measurements import Measurements
from clinical.domain.ports import AccessLog
from clinical.domain.record import PatientRecord
from clinical.domain.snapshot import Entries, Filled, Kept, Snapshot, filled
from clinical.domain.snapshot_mapping import Section, SnapshotMapping
from clinical.service.permitted import permitted_templates
from clinical.service.recording import Recorder
from clinical.service.unifying import Unifier

_RESOURCE: Final = "snapshot"
#: Entries of one archetype; whoever has more of them is told that there are.
_MOST: Final = 500
#: Entries; to look through more than that would keep other requests waiting.
_LONG: Final = 100


@dataclass(frozen=True)
class _Where:
    ehr_ids: Sequence[EhrId]
    templates: Collection[TemplateId | None]
    as_of: datetime | None


@dataclass(frozen=True)
class SnapshotService:
    recorder: Recorder
    entries: Entries
    newest: Newest
    mapping: SnapshotMapping
    measurements: Measurements
    unifier: Unifier
    access: AccessLog
    authorizer: Authorizer

    async def of(
        self, principal: Principal, record: PatientRecord, as_of: datetime | None, *, inactive: bool
    ) -> Snapshot:
        """Of templates that the caller may read; its access record is durable."""
        ehr_ids = [ehr.ehr_id for ehr in record.readable]
        await self.recorder.up_to_date(ehr_ids)
        held = await self.newest.held(ehr_ids, as_of)
        templates = permitted_templates(
            self.authorizer, principal, record, (each.template_id for each in held)
        )
        where = _Where(ehr_ids, templates, as_of)
        kept = await self.entries.of_archetypes(ehr_ids, templates, self.mapping.archetypes, as_of, _MOST + 1)
        values = await self._values(where)
        then = as_of or datetime.now(UTC)
        filling = partial(self._sections, kept, values, then, inactive=inactive)
        sections = await to_thread(filling) if len(kept) > _LONG else filling()
        count = sum(len(section.items) + len(section.values) for section in sections)
        await self.access.seen(principal.actor(), record.target, _RESOURCE, count)
        unreadable = sum(each.unreadable for each in held if each.template_id in templates)
        return Snapshot(sections, unreadable)

    async def _values(self, where: _Where) -> dict[str, Latest]:
        """Of all measurements of all sections."""
        names = dict.fromkeys(name for section in self.mapping.sections for name in section.measurements)
        wanted = {name: self.measurements.by_alias[name] for name in names}
        nodes = list(dict.fromkeys(node for each in wanted.values() for node in each.nodes))
        found = await self.newest.newest(
            dict.fromkeys(where.ehr_ids, where.templates), nodes, where.as_of, None
        )
        newest = {name: newest_of(each, found) for name, each in wanted.items()}
        return {
            name: await self.unifier.latest(each, wanted[name].unit) for name, each in newest.items() if each
        }

    def _sections(
        self, kept: Sequence[Kept], values: Mapping[str, Latest], then: datetime, *, inactive: bool
    ) -> Sequence[Filled]:
        return [
            self._items(section, kept, then, inactive=inactive)
            if section.items
            else Filled(
                section, values={name: values[name] for name in section.measurements if name in values}
            )
            for section in self.mapping.sections
        ]

    def _items(self, section: Section, kept: Sequence[Kept], then: datetime, *, inactive: bool) -> Filled:
        many = Counter(each.entry.archetype_id for each in kept)
        more = any(many[kind.archetype] > _MOST for kind in section.items)
        return filled(section, kept, then, inactive=inactive, more=more)
