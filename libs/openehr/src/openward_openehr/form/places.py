"""Where in a FLAT composition a node stands, what repeats on the way there, and when it is required."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from openward_openehr.form.model import Repeat
from openward_openehr.web_template.model import UNBOUNDED, Node

_NUMBERED: Final = re.compile(r"(?P<base>.+?)(?P<number>[2-9]|[1-9]\d+)\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """`always`: in every composition. `optional`: the nearest that may be left out, itself included."""

    path: str
    indexed_path: str
    depth: int
    repeats: tuple[Repeat, ...]
    always: bool
    optional: str | None
    min: int
    max: int | None
    required_when: str | None = None
    writable: bool = True

    def below(self, name: str, node: Node) -> "Place":
        """The place of a child that is called `name` in FLAT paths."""
        inner = self._inside(f"{self.path}/{name}", f"{self.indexed_path}/{name}", node)
        if not node.repeats:
            return inner
        repeat = Repeat(inner.path, inner.min, inner.max)
        numbered = f"{inner.indexed_path}:{{{len(self.repeats)}}}"
        return replace(inner, repeats=(*self.repeats, repeat), indexed_path=numbered)

    def hidden(self, node: Node) -> "Place":
        """The place of a child that FLAT paths leave out, and EHRbase with it: see `is_hidden`."""
        return replace(self._inside(self.path, self.indexed_path, node), writable=False)

    def alternative(self) -> "Place":
        """The same, for one of several types: none of them is needed as such."""
        return replace(self, always=False, required_when=None, min=0)

    def _inside(self, path: str, indexed_path: str, node: Node) -> "Place":
        mandatory = node.min >= 1
        return Place(
            path=path,
            indexed_path=indexed_path,
            depth=self.depth + 1,
            repeats=self.repeats,
            always=self.always and mandatory,
            optional=self.optional if mandatory else path,
            min=node.min,
            max=None if node.max == UNBOUNDED else node.max,
            required_when=self.optional if mandatory and not self.always else None,
            writable=self.writable,
        )


def root(tree: Node) -> Place:
    return Place(tree.id, tree.id, 0, (), always=True, optional=None, min=1, max=1)


def named_children(node: Node) -> Iterator[tuple[str, Node]]:
    """Each child with its name in FLAT paths.

    That is its id, except where the id has a number although no sibling has the plain one: web templates
    count siblings that the template prohibits, FLAT does not.
    """
    ids = {child.id for child in node.children}
    for child in node.children:
        yield _flat_name(child, ids), child


def _flat_name(node: Node, ids: set[str]) -> str:
    numbered = _NUMBERED.match(node.id)
    if numbered and numbered["base"] not in ids and _letters(numbered["base"]) == _letters(node.name):
        return numbered["base"]
    return node.id


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def is_hidden(node: Node) -> bool:
    """EHRbase writes FLAT without the name of an optional event context, and reads no path of it."""
    return node.rm_type == "EVENT_CONTEXT" and node.min == 0
