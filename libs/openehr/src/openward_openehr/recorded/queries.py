"""AQL that asks a repository for what was read out of a composition."""

import re
from collections.abc import Iterator
from typing import Final

from openward_openehr.recorded.model import Entry, Value
from openward_openehr.recorded.predicates import quoted

_CONTEXT: Final = "EVENT_CONTEXT"
#: A step with what is in its brackets; text in quotes may hold anything.
_STEP: Final = re.compile(r"/([^/\[]+)(?:\[((?:'(?:[^'\\]|\\.)*'|[^\]'])*)\])?")
_PLACE: Final = re.compile(r"(?:^|,)\d+$", re.ASCII)
_NODE: Final = re.compile(r"(at|id)\d|openEHR-", re.ASCII)


def aql(entry: Entry, value: Value, version_uid: str, ehr_id: str | None = None) -> str:
    """The value as a DATA_VALUE, in one column; of a missing one its null flavour.

    AQL has names to tell siblings of one node id apart, but no places: where they share their names too
    (repeated events, elements, entries; several reasons of a step) the answer has a row for each of them.
    EHRbase 2.16 answers null for each sibling that its name excludes.
    It is empty once a newer version took the place of `version_uid`: AQL sees the latest one only.
    """
    where = f"c/uid/value = {quoted(version_uid)}"
    if ehr_id is not None:
        where = f"e/ehr_id/value = {quoted(ehr_id)} AND {where}"
    if entry.rm_type == _CONTEXT:
        return f"SELECT c{entry.path}{_path(value.path)} FROM EHR e CONTAINS COMPOSITION c WHERE {where}"  # noqa: S608  quoted
    held = " CONTAINS ".join(_containers(entry))
    return f"SELECT x{_path(value.path)} FROM EHR e CONTAINS COMPOSITION c CONTAINS {held} WHERE {where}"  # noqa: S608  quoted


def _containers(entry: Entry) -> Iterator[str]:
    """Its sections, by name where there are several of them side by side, and itself by name."""
    sections = [_predicate(predicate) for _, predicate in _STEP.findall(entry.path)[:-1]]
    for number, predicate in enumerate(sections):
        if predicate:
            yield f"SECTION s{number}[{predicate}]"
    named = f" and name/value={quoted(entry.name)}" if entry.name else ""
    yield f"{entry.rm_type} x[{entry.archetype_id}{named}]"


def _path(path: str) -> str:
    steps = ((attribute, _predicate(predicate)) for attribute, predicate in _STEP.findall(path))
    return "".join(f"/{attribute}[{own}]" if own else f"/{attribute}" for attribute, own in steps)


def _predicate(predicate: str) -> str:
    """Without its place; empty if it has no node id that AQL knows."""
    without = _PLACE.sub("", predicate)
    return without if _NODE.match(without) else ""
