"""What changed from one version of a composition to another, value by value."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from openward_openehr.recorded.alignment import aligned
from openward_openehr.recorded.model import Entry, Recorded, Value

_HEAD: Final = (
    ("name", "/name", "DV_TEXT"),
    ("category", "/category", "DV_CODED_TEXT"),
    ("language", "/language", "CODE_PHRASE"),
    ("composer", "/composer/name", "DV_TEXT"),
    ("started_at", "/context/start_time", "DV_DATE_TIME"),
    ("ended_at", "/context/end_time", "DV_DATE_TIME"),
)


class Kind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """Of one value: `before` is None of what was added, `after` of what was removed.

    `was` and `became`: the entry that it is in, None where that is not; both are None for the composition
    itself (its name, category, language, composer, times of its context).
    """

    kind: Kind
    before: Value | None
    after: Value | None
    was: Entry | None = None
    became: Entry | None = None

    @property
    def entry(self) -> Entry | None:
        """As it is afterwards, of what was removed as it was."""
        return self.became or self.was

    @property
    def value(self) -> Value:
        """As it is afterwards, of what was removed as it was."""
        found = self.after or self.before
        if found is None:
            raise ValueError(self.kind)
        return found


def changes(before: Recorded | None, after: Recorded | None) -> tuple[Change, ...]:
    """In document order; None: a version that deletes.

    Entries belong together by archetype, name and sections, values by node and names; of several alike
    those that are the same, then those with the same time, then in their order: one that was put in between
    shifts nothing. What only changed its place is no change. What was renamed or moved to another section
    is one removed and one added. Bytes of multimedia are not compared, but their size is.
    """
    return (*_head(before, after), *_entries(before, after))


def _head(before: Recorded | None, after: Recorded | None) -> Iterator[Change]:
    for attribute, path, rm_type in _HEAD:
        old, new = (_of_head(each, attribute, path, rm_type) for each in (before, after))
        if old != new:
            yield _change(old, new)


def _of_head(recorded: Recorded | None, attribute: str, path: str, rm_type: str) -> Value | None:
    told = getattr(recorded, attribute) if recorded else None
    if not told:
        return None
    names = (path.rpartition("/")[2].replace("_", " "),) if attribute != "composer" else ("composer",)
    return (
        _moment(path, names, told) if isinstance(told, datetime) else Value(path, path, names, rm_type, told)
    )


def _entries(before: Recorded | None, after: Recorded | None) -> Iterator[Change]:
    old, new = (each.entries if each else () for each in (before, after))
    for was, became in aligned(old, new, _whole_entry, (_timed_entry, _entry)):
        yield from _values(was, became)


def _values(was: Entry | None, became: Entry | None) -> Iterator[Change]:
    old, new = (_told(each) if each else () for each in (was, became))
    for before, after in aligned(old, new, _whole, (_timed, _identity)):
        yield _change(before, after, was, became)


def _told(entry: Entry) -> tuple[Value, ...]:
    """With the time of a step, which no value of it has."""
    if entry.rm_type != "ACTION" or entry.time is None:
        return entry.values
    return (_moment("/time", ("time",), entry.time), *entry.values)


def _moment(path: str, names: tuple[str, ...], time: datetime) -> Value:
    return Value(path, path, names, "DV_DATE_TIME", time.isoformat(" "))


def _change(
    before: Value | None, after: Value | None, was: Entry | None = None, became: Entry | None = None
) -> Change:
    kind = Kind.CHANGED if before and after else Kind.ADDED if after else Kind.REMOVED
    return Change(kind, before, after, was, became)


def _entry(entry: Entry) -> Hashable:
    return entry.rm_type, entry.archetype_id, entry.name, entry.sections


def _timed_entry(entry: Entry) -> Hashable:
    return _entry(entry), entry.time


def _whole_entry(entry: Entry) -> Hashable:
    return _timed_entry(entry), tuple(_whole(each) for each in entry.values)


def _identity(value: Value) -> Hashable:
    return value.node, value.names


def _timed(value: Value) -> Hashable:
    return value.node, value.names, value.time


def _whole(value: Value) -> Hashable:
    """All that is told but its place; `content` has what has no field of its own."""
    return _timed(value), value.rm_type, value.text, value.null_flavour, repr(value.content)
