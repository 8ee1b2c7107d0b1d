"""What holds for an object of the reference model as a whole, by its class, in a FLAT composition."""

from collections.abc import Callable, Mapping
from typing import Final

from openward_openehr.validation.instances import Instance
from openward_openehr.validation.intervals import check_interval, size_of
from openward_openehr.validation.ism import COMPLETED, Move, check_move
from openward_openehr.validation.problem import Rule
from openward_openehr.validation.report import Report

_NORMAL: Final = "N"
_NAMES: Final = ("name", "id")
_NAMED: Final = frozenset({"_identifier", "name", "_name"})


def _event(instance: Instance, report: Report) -> None:
    """One over an interval has a function and a width, another has neither."""
    below, spot = instance.below, instance.spot
    if "math_function" not in spot.shape.attributes:
        return
    has_function, has_width = "math_function" in below, "width" in below
    if has_function and not has_width and "width" not in spot.children:
        report.add(Rule.MISSING_REQUIRED, f"{instance.path}/width", spot, {"type": "duration"})
    elif has_width and not has_function and spot.rm_type != "INTERVAL_EVENT" and "width" not in spot.children:
        report.add(Rule.MISSING_REQUIRED, f"{instance.path}/math_function", spot, {"type": "code"})


def _party(instance: Instance, report: Report) -> None:
    values = instance.values
    given = [suffix for suffix in _NAMES if suffix in values]
    if given and all(values[suffix] is None for suffix in given) and _NAMED.isdisjoint(instance.below):
        report.add(Rule.MISSING_SUFFIX, f"{instance.path}|{given[0]}", instance.spot, {"type": "text"}, None)


def _transition(instance: Instance, report: Report) -> None:
    state, transition, step = (
        _code(instance, name) for name in ("current_state", "transition", "careflow_step")
    )
    place = instance.spot.children.get("careflow_step")
    steps = place.choices.get("code", {}) if place else {}
    if "current_state" not in instance.below:
        chosen = steps.get(step) if step else None
        state = chosen.current_states[0] if chosen and chosen.current_states else COMPLETED
    check_move(Move(state, transition, step), steps, instance.spot, instance.path, report)


def _code(instance: Instance, name: str) -> str | None:
    """As it is given, or that of the label that is."""
    found = instance.below.get(name, {}).get(0)
    if found is None:
        return None
    code, label = found.values.get("code"), found.values.get("value")
    if isinstance(code, str):
        return code
    choices = found.spot.choices.get("code", {}).values()
    return next((choice.value for choice in choices if choice.label == label), None)


def _mapping(instance: Instance, report: Report) -> None:
    _has(instance, "target", report)


def _feeder_audit(instance: Instance, report: Report) -> None:
    _has(instance, "originating_system_audit", report)


def _reference_range(instance: Instance, report: Report) -> None:
    _has(instance, "meaning", report)
    check_interval(instance, report)


def _has(instance: Instance, name: str, report: Report) -> None:
    if name not in instance.below:
        expected = {"occurrences": {"min": 1, "max": 1}}
        report.add(Rule.MISSING_REQUIRED, f"{instance.path}/{name}", instance.spot, expected)


def _amount(instance: Instance, report: Report) -> None:
    """What is said to be normal is within the normal range, and nothing else is."""
    status, ranges = instance.values.get("normal_status"), instance.below.get("_normal_range")
    if status is None or not ranges:
        return
    bounds = next(iter(ranges.values())).below
    size, lower, upper = size_of(instance), *(_bound(bounds, name) for name in ("lower", "upper"))
    if size is None or lower is None or upper is None:
        return
    if (status == _NORMAL) != (lower <= size <= upper):
        path = f"{instance.path}|normal_status"
        report.add(Rule.INCONSISTENT, path, instance.spot, {"agreesWith": "_normal_range"}, status)


def _bound(bounds: Mapping[str, Mapping[int, Instance]], name: str) -> float | None:
    found = bounds.get(name, {}).get(0)
    return size_of(found) if found else None


OF_CLASS: Final[Mapping[str, Callable[[Instance, Report], None]]] = {
    **dict.fromkeys(("OBSERVATION", "EVENT", "INTERVAL_EVENT"), _event),
    **dict.fromkeys(("PARTY_PROXY", "PARTY_IDENTIFIED", "PARTY_RELATED", "PARTICIPATION"), _party),
    **dict.fromkeys(("DV_INTERVAL", "NORMAL_RANGE"), check_interval),
    "DV_COUNT": _amount,
    "DV_QUANTITY": _amount,
    "REFERENCE_RANGE": _reference_range,
    "ISM_TRANSITION": _transition,
    "TERM_MAPPING": _mapping,
    "FEEDER_AUDIT": _feeder_audit,
}
