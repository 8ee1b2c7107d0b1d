"""What of a composition is kept, so that it is found by time, node, code and word."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from openward_openehr.recorded.cutting import is_marked, shortened
from openward_openehr.recorded.model import Code, Entry, Recorded, Value
from openward_openehr.recorded.reading import read

from clinical.domain.node_paths import structure

#: Raised when another reading of the same composition is to be kept: everything is then read again. While
#: processes of two editions run, those of the former read what the latter keep: they have to be able to.
EDITION: Final = 3
#: Before all others.
NO_EDITION: Final = 0
_OWN: Final = ("local", "openehr")


@dataclass(frozen=True, slots=True)
class ExtractedValue:
    """`ordinal`: its index among the values of its entry. `beside`: codes of others in the same structure.

    Those of terminologies: an archetype's own are told by its nodes.
    """

    ordinal: int
    node: str
    time: datetime | None
    magnitude: float | None
    units: str | None
    text: str
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtractedEntry:
    """`words`: names and texts in lower case; `values`: a JSON list; `plotted`: with magnitude or code.

    `entry` is without its values: with them whole compositions would stay in memory until all are kept.
    """

    entry: Entry
    time: datetime | None
    words: str
    codes: tuple[str, ...]
    values: str
    plotted: tuple[ExtractedValue, ...]


@dataclass(frozen=True, slots=True)
class Extracted:
    """Times are in UTC; `recorded` is without its entries."""

    recorded: Recorded
    started_at: datetime | None
    ended_at: datetime | None
    entries: tuple[ExtractedEntry, ...]


def extract(composition: Mapping[str, Any]) -> Extracted | None:
    """None for what cannot be read or kept."""
    try:
        recorded = shortened(read(composition)) if is_marked(composition) else read(composition)
        entries = tuple(map(_entry, recorded.entries))
        head = replace(recorded, entries=())
        return Extracted(head, _utc(recorded.started_at), _utc(recorded.ended_at), entries)
    except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError):
        return None


def _entry(entry: Entry) -> ExtractedEntry:
    codes = dict.fromkeys(
        f"{code.terminology}::{code.code}" for value in entry.values for code in value.codes
    )
    values = json.dumps(
        [_document(value) for value in entry.values],
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
    )
    return ExtractedEntry(
        replace(entry, values=()),
        _utc(entry.time),
        "\n".join(dict.fromkeys(word.lower() for word in _words(entry) if word)),
        tuple(codes),
        values,
        tuple(_plotted(entry)),
    )


def _plotted(entry: Entry) -> Iterator[ExtractedValue]:
    around = [structure(value.path) for value in entry.values]
    coded: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for ordinal, value in enumerate(entry.values):
        coded[around[ordinal]].extend((ordinal, code) for code in _foreign(value))
    for ordinal, value in enumerate(entry.values):
        if value.magnitude is not None or value.codes:
            yield ExtractedValue(
                ordinal,
                f"{entry.archetype_id}{value.node}",
                _utc(value.time),
                value.magnitude,
                value.units,
                value.text,
                tuple(dict.fromkeys(code for other, code in coded[around[ordinal]] if other != ordinal)),
            )


def _foreign(value: Value) -> Iterator[str]:
    """Codes that are not of the archetype or of openEHR."""
    for code in value.codes:
        if code.terminology not in _OWN:
            yield f"{code.terminology}::{code.code}"


def _words(entry: Entry) -> Iterator[str]:
    yield from entry.sections
    yield entry.name
    for value in entry.values:
        yield from value.names
        yield value.text
        yield from (code.text for code in value.codes if code.text)


def _document(value: Value) -> dict[str, Any]:
    return {
        "node": value.node,
        "path": value.path,
        "names": value.names,
        "rm_type": value.rm_type,
        "text": value.text,
        "time": value.time and value.time.isoformat(),
        "magnitude": value.magnitude,
        "units": value.units,
        "codes": [_code(code) for code in value.codes],
        "range": value.range,
        "status": value.status,
        "null_flavour": value.null_flavour and _code(value.null_flavour),
        "content": value.content,
    } | ({"cut": value.cut} if value.cut else {})


def _code(code: Code) -> dict[str, str | None]:
    return {"terminology": code.terminology, "code": code.code, "text": code.text}


def _utc(time: datetime | None) -> datetime | None:
    return time and time.astimezone(UTC)
