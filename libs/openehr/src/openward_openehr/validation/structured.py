"""A STRUCTURED composition against its template: as FLAT, with the caller's own paths."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openward_openehr.simplified import walk_structured
from openward_openehr.validation.compiled import CompiledTemplate
from openward_openehr.validation.flat import check_flat
from openward_openehr.validation.problem import Problem


def check_structured(compiled: CompiledTemplate, structured: Any) -> list[Problem]:
    if not isinstance(structured, Mapping):
        return check_flat(compiled, structured)
    flat: dict[str, Any] = {}
    pointers: dict[str, str] = {}
    for place in walk_structured(structured):
        flat[place.flat] = place.value
        pointers[place.flat] = place.pointer
    problems = check_flat(compiled, flat)
    return [replace(problem, path=_pointer(problem.path, pointers)) for problem in problems]


def _pointer(path: str, pointers: Mapping[str, str]) -> str:
    """Of what is missing: where it would be, in the object nearest to it."""
    if path in pointers:
        return pointers[path]
    place, bar, suffix = path.partition("|")
    own = f"/{bar}{suffix}" if bar else ""
    depth = place.count("/") + 1
    for known, pointer in pointers.items():
        if known.startswith(place) and known[len(place) : len(place) + 1] in {"/", "|", ""}:
            return _cut(pointer, known, depth) + own
    above, _, last = place.rpartition("/")
    return f"{_pointer(above, pointers) if above else ''}/{last}{own}"


def _cut(pointer: str, flat: str, depth: int) -> str:
    """The part of a pointer that leads to the first segments of its FLAT path, index and all."""
    names = [segment.partition(":")[0] for segment in flat.partition("|")[0].split("/")[:depth]]
    steps = pointer.split("/")[1:]
    taken, at = 0, 0
    for name in names:
        while at < len(steps) and steps[at] != name:
            at += 1
        at += 1
        taken = at
    if taken < len(steps) and steps[taken].isdigit():
        taken += 1
    return "/" + "/".join(steps[:taken])
