"""What the reference model wants of a class as a whole. Source: openEHR RM 1.1.0, invariants."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from openward_openehr.validation.canonical.classes import RmClass
from openward_openehr.validation.ism import Move, check_move
from openward_openehr.validation.moments import seconds_of
from openward_openehr.validation.problem import Rule
from openward_openehr.validation.report import Report
from openward_openehr.validation.spot import Spot

Item = Mapping[str, Any]

_ARCHETYPE_ID: Final = re.compile(r"(?:\S+::)?\w+-\w+-\w+\.[^.\s]+(?:\.[^.\s]+)*\.v\d\S*")
_LONGEST: Final = 300
_PARTY_TYPES: Final = ("PERSON", "ORGANISATION", "GROUP", "AGENT", "ROLE", "PARTY", "ACTOR")


def check_invariants(item: Item, rm_class: RmClass, spot: Spot, pointer: str, report: Report) -> None:
    for name in rm_class.never_empty:
        if item.get(name) == "":
            report.add(Rule.WRONG_FORMAT, f"{pointer}/{name}", spot, {"minLength": 1}, "")
    rule = _RULES.get(rm_class.name)
    if rule is not None:
        rule(item, spot, pointer, report)


def _element(item: Item, spot: Spot, pointer: str, report: Report) -> None:
    has_value, has_flavour = item.get("value") is not None, item.get("null_flavour") is not None
    if not has_value and not has_flavour:
        report.add(Rule.MISSING_REQUIRED, f"{pointer}/value", spot, {"oneOf": ["value", "null_flavour"]})
    elif has_value and has_flavour:
        report.add(Rule.CHOICE, f"{pointer}/null_flavour", spot, {"oneOf": ["value", "null_flavour"]})
    if has_value and item.get("null_reason") is not None:
        report.add(Rule.CHOICE, f"{pointer}/null_reason", spot, {"oneOf": ["value", "null_reason"]})


def _history(item: Item, spot: Spot, pointer: str, report: Report) -> None:
    if not item.get("events") and item.get("summary") is None:
        report.add(Rule.MISSING_REQUIRED, f"{pointer}/events", spot, {"occurrences": {"min": 1, "max": None}})


def _root(item: Item, spot: Spot, pointer: str, report: Report) -> None:
    if item.get("archetype_details") is None:
        report.add(Rule.MISSING_REQUIRED, f"{pointer}/archetype_details", spot, {"type": "ARCHETYPED"})


def _archetype_id(item: Item, spot: Spot, pointer: str, report: Report) -> None:
    value = item.get("value")
    if value is not None and not (isinstance(value, str) and _ARCHETYPE_ID.fullmatch(value[:_LONGEST])):
        report.add(Rule.PATTERN, f"{pointer}/value", spot, {"pattern": _ARCHETYPE_ID.pattern}, value)


def _party(item: Item, spot: Spot, pointer: str, report: Report) -> None:
    given = ("name", "identifiers", "external_ref")
    if not any(item.get(name) for name in given) and item.get("name") != "":
        report.add(Rule.MISSING_REQUIRED, pointer, spot, {"anyOf": list(given)})


def _transition(item: Item, spot: Spot, pointer: str, report: Report) -> None:
    move = Move(*(_code(item.get(name)) for name in ("current_state", "transition", "careflow_step")))
    check_move(move, spot.steps, spot, pointer, report)


def _code(coded: Any) -> str | None:
    defining = coded.get("defining_code") if isinstance(coded, Mapping) else None
    code = defining.get("code_string") if isinstance(defining, Mapping) else None
    return code if isinstance(code, str) else None


def _party_ref(item: Item, spot: Spot, pointer: str, report: Report) -> None:
    kind = item.get("type")
    if kind is not None and kind not in _PARTY_TYPES:
        report.add(Rule.UNKNOWN_CODE, f"{pointer}/type", spot, {"values": list(_PARTY_TYPES)}, kind)


def _interval(item: Item, spot: Spot, pointer: str, report: Report) -> None:
    for bound in ("lower", "upper"):
        if item.get(bound) is None and item.get(f"{bound}_unbounded") is not True:
            report.add(Rule.MISSING_REQUIRED, f"{pointer}/{bound}", spot, {"orElse": f"{bound}_unbounded"})
    lower, upper = (_size(item.get(bound)) for bound in ("lower", "upper"))
    if lower is not None and type(lower) is type(upper) and lower > upper:
        report.add(Rule.INCONSISTENT, f"{pointer}/lower", spot, {"notAbove": "upper"})


def _size(bound: Any) -> Any:
    if not isinstance(bound, Mapping):
        return None
    value = bound.get("magnitude", bound.get("value"))
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        return seconds_of(value) if bound.get("_type") == "DV_DURATION" else value
    return float(value) if abs(value) < _LARGE else None


_LARGE: Final = 10.0**300
_RULES: Final[Mapping[str, Callable[[Item, Spot, str, Report], None]]] = {
    "ELEMENT": _element,
    "HISTORY": _history,
    **dict.fromkeys(
        ("COMPOSITION", "OBSERVATION", "EVALUATION", "INSTRUCTION", "ACTION", "ADMIN_ENTRY"), _root
    ),
    "PARTY_IDENTIFIED": _party,
    "PARTY_RELATED": _party,
    "PARTY_REF": _party_ref,
    "ARCHETYPE_ID": _archetype_id,
    "ISM_TRANSITION": _transition,
    "DV_INTERVAL": _interval,
}
