"""Structures within an entry: which of its values are in which."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from openward_openehr.recorded.model import Value

#: An attribute with its predicate, in which names are quoted.
_STEP: Final = re.compile(r"/[a-z_]+(?:\[(?:[^'\]]|'(?:[^'\\]|\\.)*')*\])?")
#: An element with its value, or why there is none.
_ELEMENT_STEPS: Final = 2


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One structure, by its path from the entry, with the values in it and those beside all of them."""

    path: str
    values: Sequence[Value]


def structure(path: str) -> str:
    """What an element is in, by the path of its value."""
    return "".join(_STEP.findall(path)[:-_ELEMENT_STEPS])


def occurrences(values: Sequence[Value], node: str) -> Sequence[Occurrence]:
    """Of the structures of this node id path, in document order; of the entry itself if it is empty."""
    if not node:
        return [Occurrence("", values)]
    depth = len(_STEP.findall(node))
    inside: dict[str, list[Value]] = {}
    beside = []
    for value in values:
        if value.node.startswith(f"{node}/"):
            inside.setdefault("".join(_STEP.findall(value.path)[:depth]), []).append(value)
        else:
            beside.append(value)
    return [Occurrence(path, [*own, *beside]) for path, own in inside.items()]
