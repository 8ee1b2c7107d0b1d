"""From a web template to the places that a composition of it can have."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Final

from openward_openehr.simplified import SHAPES, Shape, shape_of
from openward_openehr.validation.canonical.branches import Branch, grow
from openward_openehr.validation.compiled import CompiledTemplate
from openward_openehr.validation.spot import Need, Spot, Structure, coded_with, is_filled
from openward_openehr.web_template.model import Choice, Node, WebTemplate

_NUMBERED: Final = re.compile(r"(.*\D)([2-9]|[1-9]\d+)", re.DOTALL)
_EVENT_TIME: Final = re.compile(r"/events\[[^\]]*\]/time$")
_EVENT_DATA: Final = re.compile(r"/data(\[[^\]]*\])?/events(\[[^\]]*\])?/data(\[[^\]]*\])?")
_STEP: Final = re.compile(r"/([^/\[]+)((?:\[[^\]]*\])?)")

#: Attributes that hold the content of their class: without them there is nothing, and EHRbase says so.
_CONTENT: Final[Mapping[str, str]] = {
    "OBSERVATION": "data",
    "EVALUATION": "data",
    "ADMIN_ENTRY": "data",
    "ACTION": "description",
    "ACTIVITY": "description",
    "EVENT": "data",
    "POINT_EVENT": "data",
    "INTERVAL_EVENT": "data",
}
#: Attributes of the reference model that nothing is put in for, by class; the rest EHRbase fills from ctx.
_NOT_FILLED: Final[Mapping[str, frozenset[str]]] = {
    "COMPOSITION": frozenset({"composer", "territory"}),
    "INTERVAL_EVENT": frozenset({"width"}),
    "OBSERVATION": frozenset({"width"}),
}


def compile(  # noqa: A001  as `re.compile`
    template: WebTemplate, full: WebTemplate | None = None
) -> CompiledTemplate:
    """Slower than validating: keep what it returns as long as the template is in use.

    `full` is what `web_template.compile_full` makes of the same OPT: with it, nodes that a web template
    leaves out are known too, so that canonical compositions can be held to them, and to what must not be, and
    those in simplified formats to the structures that EHRbase makes only around something.
    """
    root = _spot(template.tree, template.tree.id, "", None)
    by_name: dict[str, tuple[str, ...]] = {}
    for spot in root.walk():
        by_name[spot.name] = (*by_name.get(spot.name, ()), spot.path)
    trunk = grow((full or template).tree)
    if full is not None:
        _know_structures(root, trunk)
    return CompiledTemplate(template, root, by_name, trunk, full is not None)


def _spot(node: Node, name: str, above: str, parent: Node | None) -> Spot:
    path = f"{above}/{name}" if above else name
    rm_type = node.rm_type.partition("<")[0].strip()
    shape = _shape(node, rm_type, parent)
    spot = Spot(
        node=node,
        name=name,
        path=path,
        shape=shape,
        rm_type=rm_type,
        is_value=bool(shape.suffixes),
        repeats=node.repeats,
        needs=_needs(node, shape),
        inputs={each.suffix: each for each in node.inputs},
        choices={each.suffix: _by_value(each.choices) for each in node.inputs if each.choices},
        code_set=_coded_with(node),
        filled=node.node_id is None and is_filled(_last_step(node)),
    )
    spot.children = {name: _spot(child, name, path, node) for name, child in _names(node.children).items()}
    return _bound(spot)


def _bound(spot: Spot) -> Spot:
    """What holds between a node and its children."""
    steps = {name: _containers(spot.node, child.node) for name, child in spot.children.items()}
    spot.containers = steps
    spot.required = tuple(
        Need(child, steps[name]) for name, child in spot.children.items() if _is_required(spot, child)
    )
    spot.content = _content(spot, steps)
    for name, child in spot.children.items():
        child.earlier = _earlier(spot.children, name)
        child.twins = _twins(spot.children, child)
    return spot


def _know_structures(spot: Spot, branch: Branch) -> None:
    spot.structures = tuple(_structures(spot, branch))
    above = spot.node.aql_path.rstrip()
    for child in spot.children.values():
        found = branch.beneath(child.node.aql_path.rstrip().removeprefix(above))
        if found is not None:
            _know_structures(child, found)


def _structures(spot: Spot, branch: Branch) -> Iterator[Structure]:
    if spot.rm_type == "EVENT_CONTEXT":  # EHRbase does not mind
        return
    containers = sorted({each for steps in spot.containers.values() for each in steps})
    for container in containers:
        found = branch.beneath(container)
        wanted = [bound.spot for bound in found.bounds if bound.least >= 1] if found else []
        if wanted:
            above = (each for each in containers if container.startswith(f"{each}/"))
            yield Structure(wanted[0], container, tuple(above))


def _shape(node: Node, rm_type: str, parent: Node | None) -> Shape:
    """A value stands for its element too, and for the event that a template allows once."""
    shape = shape_of(rm_type)
    if _is_one_event(node):
        return replace(shape, attributes={**shape.attributes, **SHAPES["INTERVAL_EVENT"].attributes})
    if node.aql_path.rstrip().endswith("/value") and (parent is None or parent.rm_type != "ELEMENT"):
        return replace(shape, attributes={**SHAPES["ELEMENT"].attributes, **shape.attributes})
    return shape


def _is_one_event(node: Node) -> bool:
    """Its only event stands for itself: what is of the event is a child of the observation."""
    return node.rm_type == "OBSERVATION" and any(
        _EVENT_TIME.search(child.aql_path) for child in node.children
    )


def _needs(node: Node, shape: Shape) -> tuple[frozenset[str | None], ...]:
    given = set()
    if any(each.suffix == "unit" and len(each.choices) == 1 for each in node.inputs):
        given.add("unit")
    if len(node.proportion_types) == 1:
        given.add("type")
    return () if is_filled(_last_step(node)) else tuple(need for need in shape.needs if not need & given)


def _by_value(choices: tuple[Choice, ...]) -> Mapping[str, Choice]:
    return {choice.value: choice for choice in reversed(choices)}


def _coded_with(node: Node) -> str | None:
    return coded_with(_last_step(node))


def _last_step(node: Node) -> str:
    return node.aql_path.rstrip().rpartition("/")[2]


def _names(children: tuple[Node, ...]) -> dict[str, Node]:
    """Ids with the numbers that EHRbase gives where they are the same.

    It counts anew among the nodes that it meets: `a2` is `a` to it if the web template leaves out the first.
    """
    counts: dict[str, int] = {}
    found = {}
    for child in children:
        base = _base(child)
        if base is None:
            counts.setdefault(child.id, 1)
            found[child.id] = child
        else:
            counts[base] = counts.get(base, 0) + 1
            found[base if counts[base] == 1 else f"{base}{counts[base]}"] = child
    return found


def _base(node: Node) -> str | None:
    """The id without its number, if it has one that is not of the name."""
    numbered = _NUMBERED.fullmatch(node.id)
    if numbered is None:
        return None
    letters, name = _letters(numbered[1]), _letters(node.name)
    return numbered[1] if letters in {name, f"a{name}"} else None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _containers(parent: Node, child: Node) -> tuple[str, ...]:
    """Paths of the structures between the two, which a web template leaves out; outermost first."""
    inner = child.aql_path.rstrip().removeprefix(parent.aql_path.rstrip())
    steps = [match[0] for match in _STEP.finditer(inner)]
    if steps and steps[-1] == "/value":
        steps.pop()
    return tuple("".join(steps[: end + 1]) for end in range(len(steps) - 1))


def _is_required(parent: Spot, child: Spot) -> bool:
    if child.node.min >= 1 and child.node.aql_path.endswith("/null_flavour"):
        return True
    if child.node.min < 1 or parent.rm_type == "ELEMENT" or parent.rm_type.startswith("DV_"):
        return False
    if child.rm_type == "EVENT_CONTEXT":
        return False
    inner = child.node.aql_path.rstrip().removeprefix(parent.node.aql_path.rstrip())
    steps = _STEP.findall(inner)
    if steps and (steps[-1][1] or steps[-1][0] == "value"):
        return True
    return child.node.id in _NOT_FILLED.get(parent.rm_type, ())


def _content(spot: Spot, steps: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Containers that have to be there, and hold something that a template names."""
    attribute = _CONTENT.get(spot.rm_type)
    if attribute is None:
        return ()
    own = _EVENT_DATA if _is_one_event(spot.node) else re.compile(rf"/{attribute}(\[[^\]]*\])?")
    found = {each for step in steps.values() for each in step if own.fullmatch(each)}
    return tuple(sorted(found)) or (f"/{attribute}",)


def _earlier(siblings: Mapping[str, Spot], name: str) -> tuple[Spot, ...]:
    """`a3` is the third `a`: EHRbase counts those that it meets, and one that repeats only if it is there."""
    if not (numbered := _NUMBERED.fullmatch(name)) or numbered[1] not in siblings:
        return ()
    earlier = takewhile(lambda each: each != name, siblings)
    same = (each for each in earlier if _is_numbered(each, numbered[1]))
    return tuple(siblings[each] for each in same if siblings[each].node.repeats)


def _twins(siblings: Mapping[str, Spot], spot: Spot) -> tuple[str, ...]:
    """Others with the same archetype and name: in the reference model nothing tells them apart."""
    if spot.is_value or spot.node.node_id is None:
        return ()
    path = spot.node.aql_path
    return tuple(name for name, each in siblings.items() if each is not spot and each.node.aql_path == path)


def _is_numbered(name: str, base: str) -> bool:
    return name == base or (name.startswith(base) and name[len(base) :].isdigit())
