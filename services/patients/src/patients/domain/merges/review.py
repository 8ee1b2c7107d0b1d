"""What was changed on the survivor while a merge held: for a person to say whose it is.

Nothing is moved by itself. Where only one of the two records had a value before the merge, that one is
suggested; everything else is undecided.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from openward_contracts.identifiers import PatientId
from pydantic import BaseModel

from patients.domain.keys import identifier_key, search_key
from patients.domain.merges.lineage import Span
from patients.domain.ports import Version
from patients.domain.record import HumanName, Identifier, PatientRecord, Telecom


class Suggestion(StrEnum):
    SOURCE = "source"
    SURVIVOR = "survivor"
    UNDECIDED = "undecided"


class Because(StrEnum):
    SOURCE_HAD_IT = "source-had-it"
    SURVIVOR_HAD_IT = "survivor-had-it"
    BOTH_HAD_IT = "both-had-it"
    NEW = "new"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Edit:
    """A value that came or went, as JSON. Of a list each element is an edit of its own."""

    patient_id: PatientId
    version: int
    at: datetime
    by: str
    field: str
    before: Any
    after: Any
    suggestion: Suggestion
    because: Because


@dataclass(frozen=True, slots=True)
class Survivor:
    """Who stood for the source, for which time, and all their versions.

    `since_version`: the one that the merge made of them.
    """

    patient_id: PatientId
    span: Span
    since_version: int
    versions: Sequence[Version]


def review(source: PatientRecord, survivors: Sequence[Survivor]) -> list[Edit]:
    """`source` is as it was when it was merged, and still is. In the order of time."""
    edits = [edit for survivor in survivors for edit in _edits(source, survivor)]
    return sorted(edits, key=lambda edit: (edit.at, edit.version))


def _edits(source: PatientRecord, survivor: Survivor) -> Iterator[Edit]:
    own = next(v.record for v in survivor.versions if v.number == survivor.since_version)
    for before, after in zip(survivor.versions, survivor.versions[1:], strict=False):
        if after.number <= survivor.since_version or not _within(after.change.at, survivor.span):
            continue
        for name in after.record.changed_from(before.record):
            for gone, come in _differences(getattr(before.record, name), getattr(after.record, name)):
                suggestion, because = _whose(come, _values(source, name), _values(own, name))
                yield Edit(
                    survivor.patient_id,
                    after.number,
                    after.change.at,
                    after.change.by.sub,
                    name,
                    _json(gone),
                    _json(come),
                    suggestion,
                    because,
                )


def _within(moment: datetime, span: Span) -> bool:
    return span.since <= moment and (span.until is None or moment < span.until)


def _differences(before: Any, after: Any) -> Iterator[tuple[Any, Any]]:
    """What went and what came: one of the two is None for an element of a list."""
    if not isinstance(before, tuple):
        yield before, after
        return
    yield from ((gone, None) for gone in before if gone not in after)
    yield from ((None, come) for come in after if come not in before)


def _whose(value: Any, source: Sequence[Any], own: Sequence[Any]) -> tuple[Suggestion, Because]:
    if value in (None, (), False):
        return Suggestion.UNDECIDED, Because.REMOVED
    key = _key(value)
    of_source, of_own = key in map(_key, source), key in map(_key, own)
    if of_source and of_own:
        return Suggestion.UNDECIDED, Because.BOTH_HAD_IT
    if of_source:
        return Suggestion.SOURCE, Because.SOURCE_HAD_IT
    if of_own:
        return Suggestion.SURVIVOR, Because.SURVIVOR_HAD_IT
    return Suggestion.UNDECIDED, Because.NEW


def _values(record: PatientRecord, name: str) -> Sequence[Any]:
    value = getattr(record, name)
    return value if isinstance(value, tuple) else (value,)


def _key(value: Any) -> Any:
    """What a value is the same by, however it is written or used."""
    match value:
        case Identifier():
            return value.system, identifier_key(value.value)
        case Telecom():
            return value.system, value.value
        case HumanName():
            return search_key(value.family or ""), search_key(" ".join(value.given))
        case _:
            return value


def _json(value: Any) -> Any:
    return value.model_dump(mode="json", exclude_none=True) if isinstance(value, BaseModel) else value
