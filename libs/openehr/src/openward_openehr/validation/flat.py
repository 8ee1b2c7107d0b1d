"""A FLAT composition against its template."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from openward_openehr.reference_model.types import is_a
from openward_openehr.simplified import Kind
from openward_openehr.simplified.path import RAW
from openward_openehr.validation.canonical.walking import check_fragment
from openward_openehr.validation.compiled import CompiledTemplate
from openward_openehr.validation.context import Defaults, check_context
from openward_openehr.validation.instances import Instance, read
from openward_openehr.validation.parts import OF_CLASS
from openward_openehr.validation.problem import Problem, Rule
from openward_openehr.validation.report import Report
from openward_openehr.validation.scalars import ScalarMismatch
from openward_openehr.validation.scalars import read as read_scalar
from openward_openehr.validation.spot import Need, Spot
from openward_openehr.validation.values import RULES, Leaf

_NULL_FLAVOUR: Final = "_null_flavour"
_SAID_TWICE: Final[Mapping[str, tuple[str | None, str | None]]] = {
    "DV_TEXT": (None, "value"),
    "DV_COUNT": ("value", None),
    "DV_PARSABLE": ("value", None),
    "DV_IDENTIFIER": ("id", None),
    "DV_MULTIMEDIA": ("url", None),
    "DV_QUANTITY": ("units", "unit"),
    "DV_ORDINAL": ("code", None),
    "DV_CODED_TEXT": ("code", None),
}
#: EHRbase makes its description, if there is nothing to be in it too.
_NEVER_EMPTY: Final = "ACTIVITY"
_LONGEST_TYPE: Final = 100


def check_flat(compiled: CompiledTemplate, flat: Any) -> list[Problem]:
    report = Report()
    if not isinstance(flat, Mapping):
        report.add(Rule.WRONG_TYPE, "", compiled.root, {"type": "object"}, flat)
        return report.problems
    defaults = check_context(flat, compiled.root, report)
    report.given = defaults.names
    root = read(compiled, flat, report)
    for instance in root.walk():
        _check(instance, defaults, report)
    return report.problems


def _check(instance: Instance, defaults: Defaults, report: Report) -> None:
    spot = instance.spot
    if RAW in instance.values:
        _raw(instance, report)
        return
    if spot.is_value and _NULL_FLAVOUR not in instance.below:
        _value(instance, report)
    if instance.below:
        _occurrences(instance, report)
    if spot.required:
        _required(instance, defaults, report)
    if spot.content:
        _content(instance, report)
    if spot.structures:
        _structures(instance, report)
    rule = OF_CLASS.get(spot.rm_type)
    if rule is not None:
        rule(instance, report)


def _raw(instance: Instance, report: Report) -> None:
    """A value of the reference model as text: EHRbase takes it as it is, and judges it then."""
    value, path = instance.values[RAW], f"{instance.path}|{RAW}"
    try:
        item = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        item = None
    if not isinstance(item, dict):
        report.add(Rule.WRONG_TYPE, path, instance.spot, {"type": str(Kind.CANONICAL)}, value)
    elif is_a(str(item.get("_type"))[:_LONGEST_TYPE], "DATA_VALUE"):
        check_fragment(item, "DATA_VALUE", instance.spot, path, report)


def _value(instance: Instance, report: Report) -> None:
    spot = instance.spot
    path_of = partial(_path_of, instance.path)
    values, misread = _read(instance, report)
    for need in spot.needs:
        if values.keys().isdisjoint(need) and misread.isdisjoint(need):
            suffix = None if None in need else min(filter(None, need))
            report.add(Rule.MISSING_SUFFIX, path_of(suffix), spot, {"type": _kind(spot, suffix)})
    _given_twice(spot, values, path_of, report)
    rule = RULES.get(spot.rm_type)
    if rule is not None and values and not misread:
        rule(Leaf(spot, values, path_of, report))


def _given_twice(
    spot: Spot, values: Mapping[str | None, Any], path_of: Callable[[str | None], str], report: Report
) -> None:
    """Two suffixes say one thing: EHRbase reads the first and knows nothing of the other."""
    said = _SAID_TWICE.get(spot.rm_type)
    if said is not None and said[0] in values and said[1] in values:
        report.unknown(path_of(said[1]), lambda: (path_of(said[0]),))


def _kind(spot: Spot, suffix: str | None) -> str:
    return str(spot.shape.suffixes[suffix].kind) if suffix in spot.shape.suffixes else "text"


def _path_of(path: str, suffix: str | None) -> str:
    return path if suffix is None else f"{path}|{suffix}"


def _read(instance: Instance, report: Report) -> tuple[dict[str | None, Any], set[str | None]]:
    """Values of the right kind, and suffixes whose value is of another. What is null is not given."""
    suffixes, values, misread = instance.spot.shape.suffixes, {}, set()
    for suffix, value in instance.values.items():
        kind = suffixes[suffix].kind if suffix in suffixes else Kind.TEXT
        try:
            read_value = read_scalar(kind, value, now=True)
        except ScalarMismatch as mismatch:
            misread.add(suffix)
            lenient = mismatch.lenient or _is_passed_over(instance, suffix)
            _mismatch(instance, suffix, kind, lenient, report)
        else:
            if read_value is not None:
                values[suffix] = read_value
    return values, misread


def _is_passed_over(instance: Instance, suffix: str | None) -> bool:
    """Of an ordinal whose code is listed EHRbase reads nothing else."""
    code = instance.values.get("code")
    return suffix == "ordinal" and isinstance(code, str) and code in instance.spot.choices.get(None, {})


def _mismatch(instance: Instance, suffix: str | None, kind: Kind, lenient: bool, report: Report) -> None:  # noqa: FBT001  as it was found
    value = instance.values[suffix]
    is_text = isinstance(value, str) and kind not in {Kind.INTEGER, Kind.DECIMAL, Kind.BOOLEAN}
    rule = Rule.WRONG_FORMAT if is_text else Rule.WRONG_TYPE
    path = _path_of(instance.path, suffix)
    report.add(rule, path, instance.spot, {"type": str(kind)}, value, tolerated=lenient)


def _occurrences(instance: Instance, report: Report) -> None:
    for name, found in instance.below.items():
        spot = next(iter(found.values())).spot
        if not spot.repeats:
            _only_first(found, report)
        elif spot.node.max > 0 and not spot.depth and len(found) > spot.node.max:
            _too_many(list(found.values())[spot.node.max], report)
        if spot.earlier:
            _reachable(instance, name, found, report)
        if spot.twins and spot.node.max > 0:
            _twins(instance, found, report)


def _twins(parent: Instance, found: dict[int, Instance], report: Report) -> None:
    """Instances of nodes that are one to the reference model count together."""
    instance = next(iter(found.values()))
    spot = instance.spot
    count = len(found) + sum(len(parent.below.get(name, ())) for name in spot.twins)
    if count > spot.node.max >= len(found):
        _too_many(instance, report)


def _only_first(found: dict[int, Instance], report: Report) -> None:
    if len(found) == 1 and 0 in found:
        return
    for index, instance in found.items():
        if index:
            _too_many(instance, report)


def _too_many(instance: Instance, report: Report) -> None:
    report.add(Rule.TOO_MANY, instance.path, instance.spot, _times(instance.spot))


def _times(spot: Spot) -> dict[str, Any]:
    most = None if spot.node.max < 0 else spot.node.max
    return {"occurrences": {"min": spot.node.min, "max": 1 if spot.depth else most}}


def _reachable(parent: Instance, name: str, found: dict[int, Instance], report: Report) -> None:
    """EHRbase counts names as it meets them: without the first, the second is unknown to it."""
    absent = [spot for spot in parent.spot.children[name].earlier if spot.name not in parent.below]
    if absent:
        instance = next(iter(found.values()))
        needed = f"{parent.path}/{absent[0].name}"
        report.add(Rule.UNREACHABLE_PATH, instance.path, instance.spot, {"alsoNeeds": needed})


def _required(instance: Instance, defaults: Defaults, report: Report) -> None:
    below = instance.below
    for need in instance.spot.required:
        name, least = need.spot.name, need.spot.node.min
        count = len(below[name]) if name in below else 0
        if count < least and _is_needed(instance, need) and not defaults.give(need.spot):
            report.add(Rule.MISSING_REQUIRED, f"{instance.path}/{name}", need.spot, _times(need.spot))


def _is_needed(instance: Instance, need: Need) -> bool:
    """Whether the structures that it is in are there: because of others in them, or they always are."""
    return all(_is_there(instance, container) for container in need.containers)


def _is_there(instance: Instance, container: str) -> bool:
    if any(each.startswith(container) for each in instance.spot.content):
        return True
    containers = instance.spot.containers
    return any(container in containers.get(name, ()) for name in instance.below)


def _content(instance: Instance, report: Report) -> None:
    containers, below = instance.spot.containers, instance.below
    if instance.spot.rm_type == _NEVER_EMPTY:
        return
    for container in instance.spot.content:
        if not any(container in containers.get(name, ()) for name in below) and not any(
            container in need.containers for need in instance.spot.required
        ):
            report.add(Rule.MISSING_REQUIRED, instance.path, instance.spot, {"content": container})


def _structures(instance: Instance, report: Report) -> None:
    """EHRbase makes a structure around what is in it, and no empty one."""
    for each in instance.spot.structures:
        if not _is_there(instance, each.container) and all(_is_there(instance, one) for one in each.above):
            report.add(Rule.MISSING_REQUIRED, instance.path, each.spot, {"content": each.container})
