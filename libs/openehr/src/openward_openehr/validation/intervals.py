"""Intervals: that their lower bound is not above the upper one."""

from typing import Any, Final

from openward_openehr.validation.instances import Instance
from openward_openehr.validation.moments import seconds_of
from openward_openehr.validation.problem import Rule
from openward_openehr.validation.report import Report

_FLAGS: Final = ("lower_unbounded", "upper_unbounded", "lower_included", "upper_included")


def check_interval(instance: Instance, report: Report) -> None:
    for flag in _FLAGS:
        if flag in instance.values and instance.values[flag] is None:
            path = f"{instance.path}|{flag}"
            report.add(Rule.WRONG_TYPE, path, instance.spot, {"type": "boolean"}, None)
    for bound in ("lower", "upper"):
        if bound not in instance.below and instance.values.get(f"{bound}_unbounded") is not True:
            path = f"{instance.path}/{bound}"
            report.add(Rule.MISSING_REQUIRED, path, instance.spot, {"orElse": f"{bound}_unbounded"})
        elif instance.values.get(f"{bound}_unbounded") is True and (
            instance.values.get(f"{bound}_included") is not False
        ):
            path = f"{instance.path}|{bound}_included"
            report.add(Rule.INCONSISTENT, path, instance.spot, {"value": False})
    lower, upper = (_size(instance, bound) for bound in ("lower", "upper"))
    if lower is None or upper is None or type(lower) is not type(upper):
        return
    if lower > upper:
        report.add(Rule.INCONSISTENT, f"{instance.path}/lower", instance.spot, {"notAbove": "upper"})


def _size(instance: Instance, bound: str) -> Any:
    """Something that can be compared, None if the bound is not there or not read."""
    found = instance.below.get(bound, {}).get(0)
    if found is None:
        return None
    value = found.values.get(None)
    if isinstance(value, str) and found.spot.rm_type == "DV_DURATION":
        return seconds_of(value)
    if isinstance(value, str) and found.spot.rm_type in _MOMENTS:
        return value
    return size_of(found)


def size_of(instance: Instance) -> float | None:
    """The number that an instance of a quantity or count is, if it is one."""
    values = instance.values
    value = next((values[key] for key in ("magnitude", None, "value") if key in values), None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _LARGE else None


_LARGE: Final = 10.0**300
_MOMENTS: Final = frozenset({"DV_DATE", "DV_TIME", "DV_DATE_TIME"})
