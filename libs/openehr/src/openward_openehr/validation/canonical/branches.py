"""The tree of a template by attributes of the reference model: what can stand where in canonical JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from openward_openehr.simplified import shape_of
from openward_openehr.validation.spot import Spot, coded_with
from openward_openehr.web_template.model import Choice, Node

_STEP: Final = re.compile(r"/([^/\[]+)(?:\[((?:'(?:[^'\\]|\\.)*'|[^\]'])*)\])?")
_TRANSITION: Final = "ISM_TRANSITION"
_NAME: Final = re.compile(r"(?:and name/value\s*=|,)\s*'((?:[^'\\]|\\.)*)'")


class Step(NamedTuple):
    """`node_id` and `name` are None where any will do."""

    attribute: str
    node_id: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Bound:
    """How often a node has to and may be there; `most` below 0: without end."""

    spot: Spot
    least: int
    most: int


@dataclass(slots=True, eq=False)
class Branch:
    """Objects at an attribute that one or several nodes of the template are for.

    `spots`: those nodes; more than one are alternatives of different types. `attributes`: what is beneath.
    """

    step: Step
    spots: list[Spot] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)
    attributes: dict[str, list["Branch"]] = field(default_factory=dict)
    is_slot: bool = False

    def is_for(self, node_id: object, name: object) -> bool:
        own, named = self.step.node_id, self.step.name
        return (own is None or own == node_id) and (named is None or named == name)

    def beneath(self, path: str) -> "Branch | None":
        """Where an AQL path leads from here."""
        found: Branch | None = self
        for step in steps_of(path):
            below = found.attributes.get(step.attribute, ()) if found else ()
            found = next((each for each in below if each.step == step), None)
        return found

    def takes(self, node_id: object, name: object) -> bool:
        """A slot is for every archetype of its class."""
        own = f"openEHR-EHR-{self.spots[0].rm_type}."
        named = self.step.name
        return isinstance(node_id, str) and node_id.startswith(own) and (named is None or named == name)


def grow(root: Node) -> Branch:
    """Of a full tree or of that of a web template, which leaves out structures but not their paths."""
    trunk = Branch(Step("", root.node_id, None), [_spot(root)])
    _add_children(trunk, root)
    return trunk


def _add_children(branch: Branch, node: Node) -> None:
    optional = {
        each
        for cardinality in node.cardinalities
        if (cardinality.min, cardinality.max) == (0, 1)
        for each in cardinality.ids
    }
    for child in node.children:
        if child.rm_type != _TRANSITION or child.id == _TRANSITION.lower() or not _has_whole(node):
            _add(branch, node, child, 0 if child.id in optional and not _is_flavour(child) else child.min)


def _is_flavour(node: Node) -> bool:
    """A template that constrains why a value is missing makes EHRbase want it, value or not."""
    return node.aql_path.rstrip().endswith("/null_flavour")


def _has_whole(node: Node) -> bool:
    """One node beside those of each careflow step stands for all of them."""
    return any(child.id == _TRANSITION.lower() for child in node.children)


def _add(branch: Branch, parent: Node, child: Node, least: int) -> None:
    spot = _spot(child)
    above = found = branch
    steps = _steps(parent, child)
    for step in steps:
        above, found = found, _branch(found, step)
    if not steps:
        return
    is_merged = len(steps) > 1 and steps[-1].attribute == "value" and parent.rm_type != "ELEMENT"
    (above if is_merged else found).bounds.append(Bound(spot, least, child.max))
    found.spots.append(spot)
    found.is_slot = found.is_slot or child.is_slot
    _add_children(found, child)


def _branch(branch: Branch, step: Step) -> Branch:
    same = branch.attributes.setdefault(step.attribute, [])
    for each in same:
        if each.step == step and not each.is_slot:
            return each
    same.append(found := Branch(step))
    return found


def _steps(parent: Node, child: Node) -> list[Step]:
    return steps_of(child.aql_path.strip().removeprefix(parent.aql_path.strip()))


def steps_of(path: str) -> list[Step]:
    """Of an AQL path, or of a part of one."""
    return [_step(*match.groups()) for match in _STEP.finditer(path)]


def _step(attribute: str, predicate: str | None) -> Step:
    if predicate is None or predicate.lstrip().startswith("name/value"):
        return Step(attribute, None, None)
    named = _NAME.search(predicate)
    node_id = re.split(r"[\s,]", predicate.strip(), maxsplit=1)[0]
    name = re.sub(r"\\(.)", r"\1", named[1]) if named else None
    return Step(attribute, node_id or None, name)


def _spot(node: Node) -> Spot:
    rm_type = node.rm_type.partition("<")[0].strip()
    return Spot(
        node=node,
        name=node.id,
        path=node.aql_path,
        shape=shape_of(rm_type),
        rm_type=rm_type,
        is_value=False,
        inputs={each.suffix: each for each in node.inputs},
        choices={each.suffix: _by_value(each.choices) for each in node.inputs if each.choices},
        code_set=coded_with(node.aql_path.strip().rpartition("/")[2]),
        steps=_careflow_steps(node),
    )


def _careflow_steps(node: Node) -> Mapping[str, Choice] | None:
    steps = [child for child in node.children if child.aql_path.rstrip().endswith("/careflow_step")]
    return _by_value(steps[0].inputs[0].choices) if len(steps) == 1 and steps[0].inputs else None


def _by_value(choices: tuple[Choice, ...]) -> Mapping[str, Choice]:
    return {choice.value: choice for choice in reversed(choices)}


def identity(item: Any) -> tuple[object, object]:
    """The archetype node id and the name of an object, None for what it does not have."""
    if not isinstance(item, dict):
        return None, None
    name = item.get("name")
    return item.get("archetype_node_id"), name.get("value") if isinstance(name, dict) else None
