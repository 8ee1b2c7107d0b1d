"""A place that a value can have in compositions of a template, with what holds there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from openward_openehr.simplified import Attribute, Shape, shape_of
from openward_openehr.simplified.shape import SAME
from openward_openehr.web_template.model import Choice, Input, Node

#: Attributes of attributes of attributes: nothing in the reference model that FLAT takes is deeper.
_DEEPEST: Final = 4
_CODED_WITH: Final[Mapping[str, str]] = {
    "language": "languages",
    "encoding": "character sets",
    "territory": "countries",
    "category": "composition category",
    "setting": "setting",
    "math_function": "event math function",
    "current_state": "instruction states",
    "transition": "instruction transitions",
    "null_flavour": "null flavours",
    "relationship": "subject relationship",
    "_null_flavour": "null flavours",
    "_language": "languages",
    "_encoding": "character sets",
    "_charset": "character sets",
    "purpose": "term mapping purpose",
}
_FILLED: Final = frozenset(
    {
        "language",
        "setting",
        "start_time",
        "time",
        "narrative",
        "timing",
        "action_archetype_id",
        "math_function",
        "history_origin",
        "_end_time",
        "_location",
    }
)


@dataclass(frozen=True, slots=True)
class Need:
    """A child that has to be there once its container is: `containers` from the parent down to it."""

    spot: "Spot"
    containers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """One that a web template leaves out and its template wants: `container` from the parent down to it.

    `above`: those that it is in; without them it is not missed.
    """

    spot: "Spot"
    container: str
    above: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Spot:
    """A place of the template: a node, or an attribute of the reference model beneath one.

    `name`: its id in FLAT paths. `path`: the FLAT path without indices. `needs`: sets of suffixes of which
    one has to be given.
    `choices`: by suffix and value. `code_set`: which of openEHR's a coded value has to be of.
    `required`: children that cannot be left out; `containers`: of each child, by its id.
    `content`: containers that the reference model wants to be there; `structures`: that the template wants,
    known of full trees only. `earlier`: siblings that EHRbase has to
    meet before it knows this one by its numbered name. `filled`: nothing given is as good as a default.
    `value`: the node that an attribute hangs on. `twins`: siblings with the same archetype and name.
    `steps`: of an ISM transition, by code.
    """

    node: Node
    name: str
    path: str
    shape: Shape
    rm_type: str
    is_value: bool
    depth: int = 0
    repeats: bool = False
    children: dict[str, "Spot"] = field(default_factory=dict)
    attributes: dict[str, "Spot"] = field(default_factory=dict)
    needs: tuple[frozenset[str | None], ...] = ()
    inputs: Mapping[str | None, Input] = field(default_factory=dict)
    choices: Mapping[str | None, Mapping[str, Choice]] = field(default_factory=dict)
    code_set: str | None = None
    required: tuple[Need, ...] = ()
    containers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    content: tuple[str, ...] = ()
    structures: tuple[Structure, ...] = ()
    earlier: tuple["Spot", ...] = ()
    twins: tuple[str, ...] = ()
    filled: bool = False
    value: "Spot | None" = None
    steps: Mapping[str, Choice] | None = None

    def child(self, name: str) -> "Spot | None":
        """A node by its id, or an attribute that the reference model has here."""
        return self.children.get(name) or self.attributes.get(name) or self._attribute(name)

    def _attribute(self, name: str) -> "Spot | None":
        attribute = self.shape.attributes.get(name)
        if attribute is None or self.depth >= _DEEPEST:
            return None
        self.attributes[name] = found = _attribute(self, name, attribute)
        return found

    def walk(self) -> Iterator["Spot"]:
        yield self
        for child in self.children.values():
            yield from child.walk()


def _attribute(of: Spot, name: str, attribute: Attribute) -> Spot:
    value = of.value or of
    same = attribute.shape == SAME
    rm_type = value.rm_type if same else attribute.shape
    shape = Shape(value.shape.suffixes, needs=value.needs) if same else shape_of(rm_type)
    return Spot(
        node=of.node,
        name=name,
        path=f"{of.path}/{name}",
        shape=shape,
        rm_type=rm_type,
        is_value=bool(shape.suffixes),
        depth=of.depth + 1,
        repeats=attribute.repeats,
        needs=() if is_filled(name) else shape.needs,
        choices=value.choices if same else {},
        code_set=coded_with(name),
        filled=is_filled(name),
        value=value,
    )


def is_filled(attribute: str) -> bool:
    """Whether EHRbase puts something in where an attribute of the reference model is empty."""
    return attribute in _FILLED


def coded_with(attribute: str) -> str | None:
    """Which code set of openEHR an attribute is coded with, by its name in FLAT or canonical form."""
    return _CODED_WITH.get(attribute)
