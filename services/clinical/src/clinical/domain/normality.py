"""Whether a value is normal, as its author's range or mark says (openEHR RM, Data Types, DV_ORDERED)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from openward_openehr.recorded.model import Value


class Mark(StrEnum):
    """Where a value lies beside its normal range."""

    BELOW = "below"
    IN = "in"
    ABOVE = "above"


#: The code set "normal statuses" of the openEHR terminology.
_STATUSES: Final = {
    "LLL": Mark.BELOW,
    "LL": Mark.BELOW,
    "L": Mark.BELOW,
    "N": Mark.IN,
    "H": Mark.ABOVE,
    "HH": Mark.ABOVE,
    "HHH": Mark.ABOVE,
}


def mark(value: Value) -> Mark | None:
    """By the range if there is one, else by the status; None where neither tells."""
    return _by_range(value) or _STATUSES.get(value.status or "")


def _by_range(value: Value) -> Mark | None:
    if value.range is None or value.magnitude is None:
        return None
    lower, upper = value.range
    content = value.content or {}
    found = _compared(value.magnitude, lower, upper, content.get("normal_range"))
    return found if found in _CERTAIN.get(str(content.get("magnitude_status") or "="), ()) else None


#: What a comparison still tells of `< 5`, where all that is known is an end.
_CERTAIN: Final[Mapping[str, tuple[Mark, ...]]] = {
    "=": tuple(Mark),
    "<": (Mark.BELOW,),
    "<=": (Mark.BELOW,),
    ">": (Mark.ABOVE,),
    ">=": (Mark.ABOVE,),
}


def _compared(magnitude: float, lower: float | None, upper: float | None, given: Any) -> Mark:
    """`given`: the range in canonical JSON; a bound belongs to it unless it says otherwise."""
    excluded = given if isinstance(given, Mapping) else {}
    if lower is not None and (
        magnitude < lower or (magnitude == lower and excluded.get("lower_included") is False)
    ):
        return Mark.BELOW
    if upper is not None and (
        magnitude > upper or (magnitude == upper and excluded.get("upper_included") is False)
    ):
        return Mark.ABOVE
    return Mark.IN
