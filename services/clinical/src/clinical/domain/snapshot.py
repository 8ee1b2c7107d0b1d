"""Snapshots: what matters most of a person, as a mapping file says it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from openward_openehr.recorded.model import Entry, Value
from openward_openehr.recorded.numbers import moment

from clinical.domain.latest import Latest
from clinical.domain.node_paths import Occurrence, occurrences
from clinical.domain.snapshot_mapping import Kind, Rule, Section

_SUBJECT = "/subject/relationship"


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry of a version of a composition, as it was kept."""

    object_id: UUID
    version: int
    ehr_id: EhrId
    template_id: TemplateId | None
    at: datetime
    committed_at: datetime
    entry: Entry

    def version_uid(self, system_id: str) -> VersionUid:
        return VersionUid.of(self.object_id, system_id, self.version)


@dataclass(frozen=True, slots=True)
class Item:
    """`details` in the order of the mapping, each with all that was said of it.

    `path`: of what it is made of, from the composition.
    """

    kept: Kept
    path: str
    title: Value
    details: Sequence[tuple[str, Value]]
    active: bool


@dataclass(frozen=True, slots=True)
class Filled:
    """A section with its items or its values; `more`: there are some that are not told."""

    section: Section
    items: Sequence[Item] = ()
    values: Mapping[str, Latest] = field(default_factory=dict)
    more: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`unreadable`: compositions that may hold more."""

    sections: Sequence[Filled]
    unreadable: int


def filled(section: Section, kept: Sequence[Kept], when: datetime, *, inactive: bool, more: bool) -> Filled:
    """Of entries, the newest first. `inactive`: with those that are over or were wrong, after the others."""
    items = [
        item
        for each in kept
        for kind in section.items
        if kind.archetype == each.entry.archetype_id and not _of_another(each.entry)
        for item in _items(kind, each, when)
        if item.active or inactive
    ]
    if section.order == "title":
        items.sort(key=lambda item: item.title.text.casefold())
    items.sort(key=lambda item: not item.active)
    return Filled(section, items[: section.most], more=more or len(items) > section.most)


def _of_another(entry: Entry) -> bool:
    """An entry tells first whom it is about, if that is not the patient: a mother, a donor."""
    return bool(entry.values) and entry.values[0].node == _SUBJECT


def _items(kind: Kind, kept: Kept, when: datetime) -> Sequence[Item]:
    found = (_item(kind, kept, each, when) for each in occurrences(kept.entry.values, kind.each))
    return [item for item in found if item]


def _item(kind: Kind, kept: Kept, occurrence: Occurrence, when: datetime) -> Item | None:
    """None of what has no title, or is excluded."""
    values = [value for value in occurrence.values if value.null_flavour is None]
    title = next((value for node in kind.title for value in values if value.node == node), None)
    if title is None or any(_holds(rule, values, when) for rule in kind.excluded):
        return None
    details = [
        (name, value) for name, nodes in kind.details.items() for value in values if value.node in nodes
    ]
    active = not any(_holds(rule, values, when) for rule in kind.inactive)
    return Item(kept, kept.entry.path + occurrence.path, title, details, active)


def _holds(rule: Rule, values: Collection[Value], when: datetime) -> bool:
    return any(_says(rule, value, when) for value in values if value.node == rule.node)


def _says(rule: Rule, value: Value, when: datetime) -> bool:
    if rule.codes and not any(f"{code.terminology}::{code.code}" in rule.codes for code in value.codes):
        return False
    if rule.past:
        said = moment(str((value.content or {}).get("value", "")))
        return said is not None and said.astimezone(UTC) <= when
    return True


class Entries(Protocol):
    async def of_archetypes(
        self,
        ehr_ids: Collection[EhrId],
        templates: Collection[TemplateId | None],
        archetypes: Collection[str],
        as_of: datetime | None,
        limit: int,
    ) -> Sequence[Kept]:
        """Of each archetype the newest so many."""
