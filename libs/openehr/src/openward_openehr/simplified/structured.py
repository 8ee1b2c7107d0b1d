"""FLAT as STRUCTURED and back: the same paths as one text each, or as nested objects and lists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from openward_openehr.simplified.path import FlatPath, Segment, parse

#: Deeper is not a composition; what is beneath is left as it is found.
DEPTH: Final = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A value of a STRUCTURED composition: its FLAT path, and where it is as JSON Pointer (RFC 6901)."""

    flat: str
    pointer: str
    value: Any


def to_flat(structured: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps values as they are, writes no index of 0. Where two places have one path the last stays."""
    return {place.flat: place.value for place in walk_structured(structured)}


def walk_structured(structured: Mapping[str, Any]) -> Iterator[Place]:
    """Every value in the order of the document; empty objects and lists hold none."""
    waiting: list[tuple[str, str, Any, int]] = [("", "", structured, 0)]
    while waiting:
        flat, pointer, value, depth = waiting.pop()
        if depth <= DEPTH and isinstance(value, dict):
            below = [(_under(flat, str(name)), _step(str(name)), each) for name, each in value.items()]
        elif depth <= DEPTH and isinstance(value, list):
            below = _items(flat, value)
        else:
            yield Place(flat, pointer, value)
            continue
        waiting.extend((path, f"{pointer}/{step}", each, depth + 1) for path, step, each in reversed(below))


def _items(flat: str, values: list[Any]) -> list[tuple[str, str, Any]]:
    """One value with attributes beside it may be written as a list of both, then they are of one place."""
    several = sum(map(_is_a_value, values)) > 1
    return [(f"{flat}:{i}" if i and several else flat, str(i), value) for i, value in enumerate(values)]


def _is_a_value(item: object) -> bool:
    return not isinstance(item, dict) or any(not str(name).startswith("_") for name in item)


def _under(flat: str, name: str) -> str:
    if not flat or name.startswith("|"):
        return flat + name
    return f"{flat}/{name}" if name else flat


def _step(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def to_structured(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Everything but the root and `ctx` is a list. Raises FlatPathMalformed.

    Indices give the order; one that is left out leaves no gap, as EHRbase reads FLAT too. A value that has
    suffixes or attributes beside it is written as `""`: EHRbase writes `|value`, which it then refuses of
    every type that has no suffix of that name (a proportion, a multimedia).
    """
    root = _Tree()
    for text, value in flat.items():
        root.place(parse(text), value)
    return {name: _alone(trees) for name, trees in root.below.items()}


class _Tree:
    """What is beneath one place: values by suffix, and places by name and index."""

    __slots__ = ("below", "values")

    def __init__(self) -> None:
        self.below: dict[str, dict[int, _Tree]] = {}
        self.values: dict[str, Any] = {}

    def place(self, path: FlatPath, value: Any) -> None:
        tree = self
        for segment in path.segments:
            tree = tree._at(segment)
        tree.values["" if path.suffix is None else f"|{path.suffix}"] = value

    def _at(self, segment: Segment) -> "_Tree":
        return self.below.setdefault(segment.name, {}).setdefault(segment.index, _Tree())

    def write(self) -> Any:
        """A value alone stands for itself."""
        if not self.below and self.values.keys() == {""}:
            return self.values[""]
        below = {
            name: [trees[index].write() for index in sorted(trees)] for name, trees in self.below.items()
        }
        return {**below, **self.values}


def _alone(trees: dict[int, _Tree]) -> Any:
    written = [trees[index].write() for index in sorted(trees)]
    return written[0] if len(written) == 1 else written
