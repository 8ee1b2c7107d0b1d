"""Dates, times and durations, as exact as their pattern asks and within their range. ISO 8601."""

import re
from typing import Final

from openward_openehr.examples import ranges
from openward_openehr.examples.dice import Dice
from openward_openehr.web_template.model import Input, Range

_DATE_PARTS: Final = ("yyyy", "mm", "dd")
_TIME_PARTS: Final = ("HH", "MM", "SS")
#: By suffix of an input: what a duration writes it with, and how much is usual.
_DURATION: Final = {
    "year": ("Y", (1, 5)),
    "month": ("M", (1, 9)),
    "week": ("W", (1, 5)),
    "day": ("D", (1, 6)),
    "hour": ("H", (1, 12)),
    "minute": ("M", (5, 45)),
    "second": ("S", (10, 50)),
}
_PART: Final = re.compile(r"(\d+)([A-Z])")
_OF_TIME: Final = frozenset({"hour", "minute", "second"})


def date(dice: Dice, pattern: str | None = None, within: Range | None = None) -> str:
    parts = (f"{dice.integer(2024, 2025)}", f"{dice.integer(1, 12):02}", f"{dice.integer(1, 28):02}")
    return _inside("-".join(_asked(parts, (pattern or "").strip(), "-")), within)


def time(dice: Dice, pattern: str | None = None, within: Range | None = None) -> str:
    parts = (f"{dice.integer(8, 17):02}", f"{dice.integer(0, 59):02}", f"{dice.integer(0, 59):02}")
    return _inside(":".join(_asked(parts, (pattern or "").strip(), ":")), within)


def date_time(dice: Dice, pattern: str | None = None, within: Range | None = None) -> str:
    """With a time zone where the pattern does not tell how exact it has to be."""
    day_pattern, _, time_pattern = (pattern or "").strip().partition("T")
    day, of_day = date(dice, day_pattern), time(dice, time_pattern)
    if len(day) < len("yyyy-mm-dd") or (pattern and not of_day):
        return _inside(day, within)
    return _inside(f"{day}T{of_day}{'' if pattern else 'Z'}", within)


def duration(dice: Dice, inputs: tuple[Input, ...]) -> str:
    """Between the sums of all least and of all greatest parts: EHRbase compares the whole."""
    bounds = {each.suffix: _range_of(each) for each in inputs if each.suffix in _DURATION}
    least = {suffix: int(each.min) for suffix, each in bounds.items() if isinstance(each.min, (int, float))}
    parts = {suffix: value for suffix, value in least.items() if value}
    if not parts or any(each.min_op == ">" for each in bounds.values()):
        chosen = _free(bounds) or "hour"
        _, wanted = _DURATION[chosen]
        parts[chosen] = max(parts.get(chosen, 0), ranges.integer(dice, bounds.get(chosen), wanted))
    return _written(parts)


def seconds(duration: str) -> int:
    """About how long it is: a month has 30 days, a year 365."""
    days, _, hours = duration.removeprefix("P").partition("T")
    of_days = {"Y": 365 * 86_400, "M": 30 * 86_400, "W": 7 * 86_400, "D": 86_400}
    of_hours = {"H": 3_600, "M": 60, "S": 1}
    parts = ((days, of_days), (hours, of_hours))
    return sum(int(number) * unit[letter] for text, unit in parts for number, letter in _PART.findall(text))


def _free(bounds: dict[str, Range]) -> str | None:
    """A part that may be more than nothing, rather of the day than of the year."""
    for suffix in ("day", "hour", "minute", "week", "month", "year", "second"):
        if suffix in bounds and bounds[suffix].max != 0:
            return suffix
    return None


def _written(parts: dict[str, int]) -> str:
    days, hours = "", ""
    for suffix, (letter, _) in _DURATION.items():
        if value := parts.get(suffix):
            part = f"{value}{letter}"
            days, hours = (days, hours + part) if suffix in _OF_TIME else (days + part, hours)
    return f"P{days}{'T' + hours if hours else ''}" if days or hours else "PT0S"


def _range_of(each: Input) -> Range:
    return (each.validation and each.validation.range) or Range()


def _asked(parts: tuple[str, ...], pattern: str, separator: str) -> tuple[str, ...]:
    """The parts up to the first that the pattern forbids (`XX`)."""
    asked = pattern.split(separator) if pattern else []
    for at, each in enumerate(asked):
        if each.startswith("X"):
            return parts[:at]
    return parts


def _inside(value: str, within: Range | None) -> str:
    """ISO 8601 text of one form sorts by time."""
    if within is None:
        return value
    if isinstance(within.min, str) and value <= within.min:
        return within.min
    if isinstance(within.max, str) and value >= within.max:
        return within.max
    return value
