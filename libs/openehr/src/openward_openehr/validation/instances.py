"""A FLAT composition as a tree: one instance for each place that it has a value at or beneath."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from openward_openehr.simplified import FlatPathMalformed, parse
from openward_openehr.simplified.path import RAW
from openward_openehr.validation.compiled import CompiledTemplate
from openward_openehr.validation.problem import Rule
from openward_openehr.validation.report import Report
from openward_openehr.validation.spot import Spot
from openward_openehr.validation.suggesting import closest

#: Paths that a compiled template remembers; more are looked up anew each time.
_MOST_REMEMBERED: Final = 5_000
_LONGEST_REMEMBERED: Final = 500
#: Of these EHRbase reads what it knows, and drops the rest without a word.
_DROPPING: Final = frozenset({"LINK", "PARTICIPATION", "TERM_MAPPING", "DV_IDENTIFIER"})


@dataclass(slots=True, eq=False)
class Instance:
    """`path` is as the caller wrote it; `below` by id and index; `values` by suffix as they are given."""

    spot: Spot
    path: str
    values: dict[str | None, Any]
    below: dict[str, dict[int, "Instance"]]

    def walk(self) -> Iterator["Instance"]:
        waiting = [self]
        while waiting:
            instance = waiting.pop()
            yield instance
            waiting.extend(
                each for instances in reversed(instance.below.values()) for each in instances.values()
            )


@dataclass(frozen=True, slots=True)
class Step:
    """One segment of a path: which place, which of several, and the caller's text down to it."""

    spot: Spot
    name: str
    index: int
    path: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a FLAT path leads: `key` is the same for all paths that mean one place."""

    key: str
    steps: tuple[Step, ...]
    suffix: str | None


def read(compiled: CompiledTemplate, flat: Mapping[Any, Any], report: Report) -> Instance:
    """Paths that lead nowhere are reported and left out, as are those of `ctx`."""
    root = Instance(compiled.root, compiled.root.name, {}, {})
    known: dict[str, Instance] = {}
    places = compiled.places
    for text, value in flat.items():
        place = places.get(text) or _place(compiled, text, report)
        if place is None:
            continue
        instance = known.get(place.key)
        if instance is None:
            known[place.key] = instance = _instance(root, place)
        instance.values[place.suffix] = value
    return root


def _instance(root: Instance, place: Place) -> Instance:
    instance = root
    for step in place.steps:
        same = instance.below.get(step.name)
        if same is None:
            instance.below[step.name] = same = {}
        found = same.get(step.index)
        if found is None:
            same[step.index] = found = Instance(step.spot, step.path, {}, {})
        instance = found
    return instance


def _place(compiled: CompiledTemplate, text: Any, report: Report) -> Place | None:
    if not isinstance(text, str) or text.startswith("ctx"):
        return None
    try:
        path = parse(text)
    except FlatPathMalformed:
        report.unknown(text, rule=Rule.MALFORMED_PATH)
        return None
    steps = _steps(compiled, text, [(segment.name, segment.index) for segment in path.segments])
    if steps is None or not _takes(steps[-1].spot if steps else compiled.root, path.suffix):
        dropped = steps is not None and any(
            step.spot.depth and step.spot.rm_type in _DROPPING for step in steps
        )
        report.unknown(text, partial(closest, compiled, path), tolerated=dropped)
        return None
    key = "/".join(f"{step.name}:{step.index}" for step in steps)
    place = Place(key, tuple(steps), path.suffix)
    if len(compiled.places) < _MOST_REMEMBERED and len(text) <= _LONGEST_REMEMBERED:
        compiled.places[text] = place
    return place


def _steps(compiled: CompiledTemplate, text: str, segments: list[tuple[str, int]]) -> list[Step] | None:
    if segments[0] != (compiled.root.name, 0) or text.startswith("/"):
        return None
    spot, steps = compiled.root, []
    written = text.partition("|")[0].split("/")
    end = len(written[0])
    for (name, index), part in zip(segments[1:], written[1:], strict=True):
        end += 1 + len(part)
        found = spot.child(name)
        if found is None:
            return None
        spot = found
        steps.append(Step(spot, name, index, text[:end]))
    return steps


def _takes(spot: Spot, suffix: str | None) -> bool:
    return suffix in spot.shape.suffixes or suffix == RAW or _is_code(spot, suffix) or _counts(spot, suffix)


def _is_code(spot: Spot, suffix: str | None) -> bool:
    """An old way to say that a coded text has this code: `setting|238`."""
    if spot.code_set == "setting" and suffix in {"238", ""}:
        return True
    return suffix is not None and suffix in spot.choices.get("code", {})


def _counts(spot: Spot, suffix: str | None) -> bool:
    """Parts of identifiers of a participation, which have an index of their own."""
    return spot.rm_type == "PARTICIPATION" and suffix is not None and suffix.startswith("identifiers_")
