"""Ranges: whether a number lies in one, and how a range is said to a caller."""

from typing import Any

from openward_openehr.web_template.model import Range


def is_within(number: float, bounds: Range) -> bool:
    """Bounds that are not numbers do not bound numbers."""
    low, high = bounds.min, bounds.max
    if isinstance(low, int | float) and (number <= low if bounds.min_op == ">" else number < low):
        return False
    if isinstance(high, int | float):
        return number < high if bounds.max_op == "<" else number <= high
    return True


def told(bounds: Range) -> dict[str, Any]:
    """As in a web template's JSON."""
    given = {"min": bounds.min, "minOp": bounds.min_op, "max": bounds.max, "maxOp": bounds.max_op}
    return {"range": {name: value for name, value in given.items() if value is not None}}
