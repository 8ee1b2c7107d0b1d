"""Whether a bound, or a range, allows more or less than before."""

import re
from fractions import Fraction
from typing import Final, Literal

from openward_openehr.web_template.model import Range

Way = Literal["widened", "narrowed"]
Bound = float | int | str | None
#: A range that nothing is known of.
_OPEN: Final = Range()

_DURATION: Final = re.compile(
    r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?",
    re.ASCII,
)
#: Seconds of what ISO 8601 counts in, years and months by their mean.
_SECONDS: Final = (31_556_952, 2_629_746, 604_800, 86_400, 3_600, 60, 1)


class BoundsIncomparable(Exception):  # noqa: N818  errors are named <Noun><Problem>
    """Texts of different forms: which is lower is not known."""


def way_of_lower(old: float | Fraction | None, new: float | Fraction | None) -> Way | None:
    """None for a bound: none."""
    if old == new:
        return None
    return "widened" if new is None or (old is not None and new < old) else "narrowed"


def way_of_upper(old: float | Fraction | None, new: float | Fraction | None) -> Way | None:
    """None for a bound: none."""
    if old == new:
        return None
    return "widened" if new is None or (old is not None and new > old) else "narrowed"


def ways_of_ranges(old: Range | None, new: Range | None) -> set[Way]:
    """Both, if it moved. Raises BoundsIncomparable."""
    one, other = old or _OPEN, new or _OPEN
    lowers, uppers = _comparable(one.min, other.min), _comparable(one.max, other.max)
    return {
        way
        for way in (
            way_of_lower(*lowers) or _way_of_inclusion(one.min_op == ">", other.min_op == ">", one.min),
            way_of_upper(*uppers) or _way_of_inclusion(one.max_op == "<", other.max_op == "<", one.max),
        )
        if way
    }


def _way_of_inclusion(old_excludes: bool, new_excludes: bool, bound: Bound) -> Way | None:  # noqa: FBT001  a pair
    if bound is None or old_excludes == new_excludes:
        return None
    return "narrowed" if new_excludes else "widened"


def _comparable(one: Bound, other: Bound) -> tuple[float | Fraction | None, float | Fraction | None]:
    if isinstance(one, str) or isinstance(other, str):
        return _number(one, like=other), _number(other, like=one)
    return one, other


def _number(bound: Bound, like: Bound) -> float | Fraction | None:
    """A duration in seconds; digits of a date or time, if the other is written in the same form."""
    if not isinstance(bound, str):
        return bound
    if duration := _DURATION.fullmatch(bound):
        return _seconds(duration)
    if like is not None and re.sub(r"\d", "0", str(like)) != re.sub(r"\d", "0", bound):
        raise BoundsIncomparable
    digits = re.sub(r"\D", "", bound)
    if not digits:
        raise BoundsIncomparable
    return int(digits)


def _seconds(duration: re.Match[str]) -> Fraction:
    counts = (Fraction((count or "0").replace(",", ".")) for count in duration.groups()[1:])
    seconds = sum((count * unit for count, unit in zip(counts, _SECONDS, strict=True)), Fraction(0))
    return -seconds if duration[1] else seconds
