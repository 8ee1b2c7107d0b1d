"""Which node of the old version is which of the new one.

By AQL path and node id first, so that another name is seen as a renaming and not as one node that went and
another that came; by less and less for what is left over.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Final

from openward_openehr.web_template.model import Node

#: Both ways of an AQL path to ask for a name: `[at0001,'Left']`, `[at0001 and name/value='Left']`.
_NAME: Final = re.compile(r"(?:\s*,\s*|\s+and\s+name/value\s*=\s*)'(?:[^'\\]|\\.)*'")
_ARCHETYPE: Final = re.compile(r"\[(openEHR-[^\],]+)")


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A node, and its place: `flat_path` from the root, `relative` is its AQL path from its parent."""

    node: Node
    flat_path: str
    relative: str

    @property
    def nameless(self) -> str:
        return without_names(self.relative)

    def children(self) -> list["Placed"]:
        around = self.node.aql_path
        return [
            Placed(child, f"{self.flat_path}/{child.id}", child.aql_path.removeprefix(around))
            for child in self.node.children
        ]

    def walk(self) -> Iterable["Placed"]:
        yield self
        for child in self.children():
            yield from child.walk()


_Key = Callable[[Placed], Hashable]
Pair = tuple[Placed, Placed]

_KEYS: Final[tuple[_Key, ...]] = (
    lambda each: (each.relative, each.node.node_id, each.node.rm_type, each.node.id),
    lambda each: (each.relative, each.node.node_id, each.node.rm_type),
    lambda each: (each.nameless, each.node.node_id, each.node.rm_type, each.node.id),
    lambda each: (each.nameless, each.node.node_id, each.node.rm_type),
    # An element with a choice of values is a node of its own, one with one value is the node of the value.
    lambda each: (each.nameless.removesuffix("/value"), each.node.node_id),
    lambda each: (each.node.id, each.node.rm_type),
)


def without_names(aql_path: str) -> str:
    return _NAME.sub("", aql_path)


def paired(old: list[Placed], new: list[Placed]) -> tuple[list[Pair], list[Placed], list[Placed]]:
    """Siblings that are the same, in the new order; those that went, those that came."""
    pairs: list[Pair] = []
    for key in _KEYS:
        waiting = defaultdict(list)
        for each in old:
            waiting[key(each)].append(each)
        found = [(waiting[key(each)].pop(0), each) for each in new if waiting[key(each)]]
        pairs += found
        old = [each for each in old if not any(each is was for was, _ in found)]
        new = [each for each in new if not any(each is now for _, now in found)]
    return pairs, old, new


def moved(removed: list[Placed], added: list[Placed]) -> list[Pair]:
    """Of what went and what came, with all beneath it: what is there once on either side."""
    went, came = _by_identity(removed), _by_identity(added)
    pairs = [(went[identity], came[identity]) for identity in went if identity in came]
    return [pair for pair in pairs if not any(_is_within(pair[0], other[0]) for other in pairs)]


def _by_identity(tops: list[Placed]) -> dict[Hashable, Placed]:
    everything = [each for top in tops for each in top.walk() if each.node.node_id]
    times = Counter(_identity(each) for each in everything)
    return {_identity(each): each for each in everything if times[_identity(each)] == 1}


def _identity(each: Placed) -> Hashable:
    node = each.node
    archetypes = _ARCHETYPE.findall(node.aql_path)
    return archetypes[-1] if archetypes else None, node.node_id, node.rm_type, node.name


def _is_within(one: Placed, other: Placed) -> bool:
    return one.flat_path.startswith(other.flat_path + "/")
