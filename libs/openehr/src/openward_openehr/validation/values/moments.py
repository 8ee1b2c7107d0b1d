"""Dates, times, durations: what their template lets them be."""

import re
from functools import cache
from typing import Final

from openward_openehr.validation.moments import seconds_of
from openward_openehr.validation.problem import Rule
from openward_openehr.validation.values.bounds import told
from openward_openehr.validation.values.leaf import Leaf
from openward_openehr.validation.values.ordered import amount, quantified
from openward_openehr.web_template.model import Range

#: Seconds of a unit, by the suffix of the input that bounds it.
_UNITS: Final = {
    "year": 31_556_952,
    "month": 2_629_746,
    "week": 604_800,
    "day": 86_400,
    "hour": 3_600,
    "minute": 60,
    "second": 1,
}


def date(leaf: Leaf) -> None:
    _moment(leaf)


def time(leaf: Leaf) -> None:
    _moment(leaf)


def date_time(leaf: Leaf) -> None:
    _moment(leaf)


def _moment(leaf: Leaf) -> None:
    value = leaf.values.get(None)
    allowed = leaf.spot.inputs.get(None)
    if value is not None and value != "now" and allowed is not None and allowed.validation is not None:
        _patterned(leaf, value, allowed.validation.pattern)
        if allowed.validation.range and not _is_between(value, allowed.validation.range):
            leaf.wrong(Rule.OUT_OF_RANGE, None, told(allowed.validation.range))
    if len(leaf.values) > 1:
        quantified(leaf)


def _patterned(leaf: Leaf, value: str, pattern: str | None) -> None:
    """Which parts have to be there (`mm`) and which must not (`XX`); EHRbase does not look at it."""
    if pattern and not _parts(pattern).fullmatch(value):
        leaf.wrong(Rule.PATTERN, None, {"pattern": pattern}, tolerated=True)


@cache
def _parts(pattern: str) -> re.Pattern[str]:
    """`yyyy-mm-??` as a regular expression over what is already a date or time."""
    day, mark, clock = pattern.partition("T") if "T" in pattern else _only(pattern)
    date_part = _steps(day.split("-"), "-?") if day else ""
    time_part = _steps(clock.split(":"), ":?") + r"([.,]\d+)?(Z|[+-]\d\d(:?\d\d)?)?" if clock else ""
    between = ("T" if "?" not in clock[:2] and "X" not in clock[:2] else "T?") if mark else ""
    return re.compile(f"{date_part}{between}{time_part}")


def _only(pattern: str) -> tuple[str, str, str]:
    return ("", "", pattern) if ":" in pattern else (pattern, "", "")


def _steps(parts: list[str], divider: str) -> str:
    found = ""
    for place, part in enumerate(parts):
        digits = r"\d{4}" if part.lower() == "yyyy" else r"\d\d"
        step = f"{divider if place else ''}{digits}"
        found += "" if "X" in part.upper() else f"({step})?" if "?" in part else step
    return found


def _is_between(value: str, bounds: Range) -> bool:
    """Compared as text: both are written from the year down."""
    low, high = bounds.min, bounds.max
    if isinstance(low, str) and (value <= low if bounds.min_op == ">" else value < low):
        return False
    if isinstance(high, str):
        return value < high if bounds.max_op == "<" else value <= high
    return True


def duration(leaf: Leaf) -> None:
    """Bounds of its units are of the whole: at least two days and three hours is one bound."""
    value = leaf.values.get(None)
    seconds = seconds_of(value) if value is not None else _of_parts(leaf)
    bounds = _total(leaf)
    if seconds is not None and bounds is not None and not _holds(seconds, bounds):
        leaf.wrong(Rule.OUT_OF_RANGE, None, told(bounds))
    if len(leaf.values) > 1:
        amount(leaf)


def _of_parts(leaf: Leaf) -> float | None:
    given = [_UNITS[unit] * number for unit in _UNITS if (number := leaf.values.get(unit)) is not None]
    return float(sum(given)) if given else None


def _holds(seconds: float, bounds: Range) -> bool:
    low, high = bounds.min, bounds.max
    low_seconds = seconds_of(low) if isinstance(low, str) else None
    high_seconds = seconds_of(high) if isinstance(high, str) else None
    if low_seconds is not None and (
        seconds <= low_seconds if bounds.min_op == ">" else seconds < low_seconds
    ):
        return False
    if high_seconds is None:
        return True
    return seconds < high_seconds if bounds.max_op == "<" else seconds <= high_seconds


def _total(leaf: Leaf) -> Range | None:
    """The bounds of all units together, as ISO 8601 durations."""
    ranges = {
        unit: each.validation.range
        for unit, each in leaf.spot.inputs.items()
        if unit in _UNITS and each.validation and each.validation.range
    }
    if not ranges:
        return None
    low_op = next((each.min_op for each in ranges.values() if each.min is not None), None)
    high_op = next((each.max_op for each in ranges.values() if each.max is not None), None)
    return Range(
        _together({unit: each.min for unit, each in ranges.items()}),
        low_op,
        _together({unit: each.max for unit, each in ranges.items()}),
        high_op,
    )


def _together(parts: dict[str | None, float | int | str | None]) -> str | None:
    numbers = {unit: part for unit, part in parts.items() if isinstance(part, int | float)}
    if not numbers:
        return None
    letters = {"year": "Y", "month": "M", "week": "W", "day": "D"}
    days = "".join(f"{int(n)}{letters[u]}" for u, n in numbers.items() if u in letters)
    clock = {"hour": "H", "minute": "M", "second": "S"}
    times = "".join(f"{int(n)}{clock[u]}" for u, n in numbers.items() if u in clock)
    return f"P{days}" + (f"T{times}" if times else "")
