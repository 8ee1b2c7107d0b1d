"""A canonical composition beside its template: each object once, parents first, without recursion."""

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any, Final

from openward_openehr.simplified import Shape
from openward_openehr.validation.canonical.alternatives import check_alternatives
from openward_openehr.validation.canonical.branches import Bound, Branch, identity
from openward_openehr.validation.canonical.classes import (
    RmClass,
    RmField,
    class_of,
    is_concrete,
    may_be,
)
from openward_openehr.validation.canonical.invariants import check_invariants
from openward_openehr.validation.canonical.leaves import check_leaf
from openward_openehr.validation.compiled import CompiledTemplate
from openward_openehr.validation.problem import Problem, Rule
from openward_openehr.validation.report import Report
from openward_openehr.validation.scalars import ScalarMismatch, read
from openward_openehr.validation.spot import Spot, coded_with

#: How many objects there are for a branch, by its identity.
Counts = Counter[int]
_TYPE: Final = "_type"
#: Nothing inherits from them: EHRbase does not read what type they say to be of.
_UNTYPED: Final = frozenset({"ARCHETYPED", "ARCHETYPE_ID", "TEMPLATE_ID"})
_NOTHING: Final = Shape()


@dataclass(frozen=True, slots=True)
class Visit:
    """An object to look at: `declared` is the type of the attribute that holds it; no branch: no template."""

    item: Any
    declared: str
    attribute: str
    branch: Branch | None
    spot: Spot
    pointer: str


def check_canonical(compiled: CompiledTemplate, composition: Any) -> list[Problem]:
    report = Report()
    trunk = compiled.trunk
    waiting = [Visit(composition, "COMPOSITION", "", trunk, trunk.spots[0], "")]
    _check_template(compiled, composition, report)
    while waiting:
        waiting.extend(reversed(_visit(waiting.pop(), is_full=compiled.is_full, report=report)))
    return report.problems


def check_fragment(item: Any, declared: str, spot: Spot, pointer: str, report: Report) -> None:
    """An object by itself: what the reference model wants of it, not the template."""
    waiting = [Visit(item, declared, "", None, spot, pointer)]
    while waiting:
        waiting.extend(reversed(_visit(waiting.pop(), is_full=False, report=report)))


def _check_template(compiled: CompiledTemplate, composition: Any, report: Report) -> None:
    pointer, value = "", composition
    for name in ("archetype_details", "template_id", "value"):
        value = value.get(name) if isinstance(value, Mapping) else None
        pointer = f"{pointer}/{name}"
    template_id = compiled.template.template_id
    if value != template_id:
        report.add(Rule.WRONG_TEMPLATE, pointer, compiled.root, {"templateId": template_id}, value)


def _visit(visit: Visit, *, is_full: bool, report: Report) -> list[Visit]:
    rm_class = _class(visit, report)
    if rm_class is None:
        return []
    item, spot, pointer = visit.item, _spot(visit, rm_class.name), visit.pointer
    for name in rm_class.required:
        given = item.get(name)
        if given is None:
            field = rm_class.fields[name]
            report.add(Rule.MISSING_REQUIRED, f"{pointer}/{name}", spot, {"type": field.rm_type})
        elif given == [] and rm_class.fields[name].multiple:
            report.add(Rule.CARDINALITY, f"{pointer}/{name}", spot, {"cardinality": {"min": 1}}, given)
    check_alternatives(visit.branch, rm_class.name, pointer, report)
    check_invariants(item, rm_class, spot, pointer, report)
    check_leaf(item, rm_class.name, spot, pointer, report)
    below = _fields(visit, rm_class, spot, report)
    if visit.branch is not None:
        _occurrences(visit, rm_class, spot, is_full, report)
    return below


def _class(visit: Visit, report: Report) -> RmClass | None:
    item, declared = visit.item, visit.declared
    if not isinstance(item, dict):
        report.add(Rule.WRONG_TYPE, visit.pointer, visit.spot, {"type": declared}, item)
        return None
    name = item.get(_TYPE)
    if declared in _UNTYPED or (name is None and is_concrete(declared)):
        return class_of(declared)
    known = isinstance(name, str) and len(name) <= _LONGEST_TYPE and may_be(name, declared)
    found = class_of(name) if known else None
    if found is None:
        report.add(Rule.WRONG_TYPE, f"{visit.pointer}/{_TYPE}", visit.spot, {"type": declared}, name)
    return found


def _spot(visit: Visit, name: str) -> Spot:
    """The node that is meant, of alternatives that of the same type; else one for the attribute alone."""
    spots = visit.branch.spots if visit.branch else ()
    for spot in spots:
        if spot.rm_type == name:
            return spot
    if spots and may_be(name, spots[0].rm_type) and len(spots) == 1:
        return spots[0]
    node = visit.spot.node
    return Spot(
        node, visit.attribute, "", _NOTHING, name, is_value=True, code_set=coded_with(visit.attribute)
    )


def _fields(visit: Visit, rm_class: RmClass, spot: Spot, report: Report) -> list[Visit]:
    found: list[Visit] = []
    for name, value in visit.item.items():
        field = rm_class.fields.get(name)
        if field is None:
            if name != _TYPE and name not in rm_class.derived:
                report.unknown(f"{visit.pointer}/{_escaped(name)}", tolerated=True)
        elif value is None:
            continue
        elif field.kind is not None:
            _scalar(visit, name, field, spot, report)
        elif isinstance(value, list) and field.multiple:
            pointer = f"{visit.pointer}/{name}"
            found.extend(
                _below(visit, name, field, each, f"{pointer}/{place}", spot)
                for place, each in enumerate(value)
                if each is not None
            )
        else:
            found.append(_below(visit, name, field, value, f"{visit.pointer}/{name}", spot))
    return found


def _below(visit: Visit, name: str, field: RmField, item: Any, pointer: str, spot: Spot) -> Visit:
    branch = _branch_for(visit.branch, name, item) if visit.branch else None
    own = branch.spots[0] if branch and branch.spots else spot
    return Visit(item, field.rm_type, name, branch, own, pointer)


def _branch_for(branch: Branch, name: str, item: Any) -> Branch | None:
    """That which asks for the item's name before one that takes any."""
    branches = branch.attributes.get(name)
    if not branches:
        return None
    node_id, named = identity(item)
    fitting = [each for each in branches if not each.is_slot and each.is_for(node_id, named)]
    return next((each for each in fitting if each.step.name is not None), fitting[0] if fitting else None)


def _scalar(visit: Visit, name: str, field: RmField, spot: Spot, report: Report) -> None:
    value = visit.item[name]
    kind = field.kind
    if kind is None:
        return
    try:
        if read(kind, value) is None:
            report.add(Rule.WRONG_TYPE, f"{visit.pointer}/{name}", spot, {"type": str(kind)}, value)
    except ScalarMismatch as mismatch:
        rule = Rule.WRONG_FORMAT if isinstance(value, str) else Rule.WRONG_TYPE
        path = f"{visit.pointer}/{name}"
        report.add(rule, path, spot, {"type": str(kind)}, value, tolerated=mismatch.lenient)


def _occurrences(visit: Visit, rm_class: RmClass, spot: Spot, is_full: bool, report: Report) -> None:  # noqa: FBT001  as the template is
    branch = visit.branch
    if branch is None or not (rm_class.is_locatable or rm_class.nodes):
        return
    counts: Counts = Counter()
    for name in dict.fromkeys((*branch.attributes, *rm_class.nodes)):
        value = visit.item.get(name)
        if value is None:
            continue
        strangers = _count(branch.attributes.get(name, []), value, counts)
        if is_full and strangers and name in rm_class.nodes:
            for place in strangers:
                report.add(Rule.NOT_IN_TEMPLATE, f"{visit.pointer}/{name}{place}", spot, {}, visit.item)
    if rm_class.is_locatable:
        told = {name for name in rm_class.required if visit.item.get(name) is None}
        _bounds(visit, branch.attributes.keys() - told - rm_class.derived, counts, report)


def _count(branches: list[Branch], value: Any, counts: Counts) -> list[str]:
    """Adds how many items there are for each branch; gives the places of those that are for none."""
    strangers = []
    for place, item in enumerate(value if isinstance(value, list) else [value]):
        node_id, named = identity(item)
        fitting = [id(each) for each in branches if not each.is_slot and each.is_for(node_id, named)]
        counts.update(fitting)
        is_known = fitting or any(each.is_slot and each.takes(node_id, named) for each in branches)
        if not is_known and isinstance(item, dict):
            strangers.append(f"/{place}" if isinstance(value, list) else "")
    return strangers


def _bounds(visit: Visit, names: Container[str], counts: Counts, report: Report) -> None:
    attributes = visit.branch.attributes if visit.branch else {}
    for name in attributes:
        branches = attributes[name] if name in names else ()
        for each in branches:
            if each.is_slot:
                continue
            count = counts[id(each)]
            for bound in each.bounds:
                if rule := _broken(count, bound):
                    report.add(rule, f"{visit.pointer}/{name}", bound.spot, _times(bound))


def _broken(count: int, bound: Bound) -> Rule | None:
    if count < bound.least:
        return Rule.MISSING_REQUIRED
    return Rule.TOO_MANY if 0 <= bound.most < count else None


def _times(bound: Bound) -> dict[str, Any]:
    return {"occurrences": {"min": bound.least, "max": None if bound.most < 0 else bound.most}}


def _escaped(name: object) -> str:
    return str(name)[:_LONGEST_TYPE].replace("~", "~0").replace("/", "~1")


_LONGEST_TYPE: Final = 100
