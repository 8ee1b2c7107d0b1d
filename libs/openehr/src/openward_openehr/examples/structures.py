"""What stands at a path of the reference model: class and name, of every node of a template's full tree."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from openward_openehr.examples import reference_model as rm
from openward_openehr.web_template.model import Choice, Node, WebTemplate

Json = dict[str, Any]
#: What is left out of web templates; an event only where it is the only one.
_HIDDEN: Final = frozenset(
    {
        "HISTORY",
        "ITEM_TREE",
        "ITEM_LIST",
        "ITEM_SINGLE",
        "ITEM_TABLE",
        "EVENT",
        "POINT_EVENT",
        "INTERVAL_EVENT",
    }
)
#: Of a name that has to have a code, where the template does not say which.
_CODE: Final = "example-1"


class Structures:
    """Without a full tree it knows nothing, and what it is asked for follows from the path alone."""

    def __init__(self, full: WebTemplate | None, language: str) -> None:
        self._nodes: Mapping[str, Node] = dict(_paths(full.tree)) if full else {}
        self._language = language

    def rm_type(self, path: str) -> str | None:
        """A class that can be made: EVENT and ITEM_STRUCTURE are told by what is in them."""
        node = self._nodes.get(path)
        return (
            None if node is None or node.rm_type in ("EVENT", "ITEM_STRUCTURE") else rm.type_of(node.rm_type)
        )

    def name(self, path: str, asked: str | None, node: Node | None) -> Json | None:
        """`asked` is the name that a path asks for, `node` the one whose name it has otherwise."""
        at = self._nodes.get(path)
        constraint = (
            next((child for child in at.children if child.aql_path == f"{path}/name"), None) if at else None
        )
        named = at or node
        plain = asked or (self.localized(named) if named else "")
        if constraint:
            return _constrained(constraint, plain)
        return rm.text(plain) if plain else None

    def is_unnamable(self, node: Node) -> bool:
        """Whether its name has to be of a list that is not there: EHRbase 2.16 fails on it in FLAT."""
        at = self._nodes.get(node.aql_path.removesuffix("/value"))
        if at is None or rm.type_of(at.rm_type) not in rm.STRUCTURES:
            return False
        names = [child for child in at.children if child.name == "name" and _is_coded(child)]
        return any(not any(each.choices for each in name.inputs) for name in names)

    def required(self, path: str) -> Iterator[str]:
        """Paths of those beneath it that a web template does not show, and that have to be there.

        EHRbase looks for them in what has a name, so not in EVENT_CONTEXT.
        """
        at = self._nodes.get(path)
        if at is not None and at.rm_type == "EVENT_CONTEXT":
            return
        absent = {each for kept in at.cardinalities if kept.min == 0 for each in kept.ids} if at else set()
        for child in at.children if at else ():
            if child.min and child.rm_type in _HIDDEN and child.id not in absent:
                yield child.aql_path
                yield from self.required(child.aql_path)

    def localized(self, node: Node) -> str:
        return node.localized_names.get(self._language) or node.localized_name or node.name


def _paths(node: Node) -> Iterator[tuple[str, Node]]:
    yield node.aql_path, node
    for child in node.children:
        yield from _paths(child)


def _constrained(name: Node, plain: str) -> Json:
    """A name from the list of the template, that which it has already if it is there."""
    listed = [(each.terminology, choice) for each in name.inputs for choice in each.choices]
    terminology, chosen = next((each for each in listed if each[1].label == plain), (None, None))
    if chosen is None:
        terminology, chosen = listed[0] if listed else (None, Choice(_CODE, plain))
    if _is_coded(name):
        return rm.coded_text(chosen.label, chosen.value, terminology or "local")
    return rm.text(chosen.value if listed else plain)


def _is_coded(node: Node) -> bool:
    return rm.type_of(node.rm_type) == "DV_CODED_TEXT"
