"""Numbers within a range of a template, near to what is usual where the range lets them."""

from openward_openehr.examples.dice import Dice
from openward_openehr.web_template.model import Range

#: By unit (UCUM): what is often seen at the bedside.
_USUAL: dict[str, tuple[float, float]] = {
    "%": (92, 99),
    "/min": (58, 96),
    "1/min": (58, 96),
    "Cel": (36.2, 38.4),
    "[degF]": (97.2, 101.1),
    "[lb_av]": (120, 200),
    "cm": (150, 192),
    "g/dl": (11.5, 16.5),
    "kg": (52, 98),
    "kg/m2": (19, 31),
    "m": (1.5, 1.9),
    "mg": (5, 500),
    "ml": (50, 500),
    "mm[Hg]": (62, 138),
    "mmol/l": (3.6, 6.4),
}
#: By unit and a part of the path, which has the archetype's name, or of the node's own name.
_KNOWN = (
    ("mm[Hg]", "systol", (104.0, 138.0)),
    ("mm[Hg]", "diastol", (58.0, 88.0)),
    ("/min", "respiration", (12.0, 19.0)),
)
_ELSE = (1.0, 60.0)


def usual(unit: str, about: str = "") -> tuple[float, float]:
    """`about`: words that may tell what is measured."""
    words = about.lower()
    known = (bounds for of, part, bounds in _KNOWN if of == unit and part in words)
    return next(known, _USUAL.get(unit, _ELSE))


def decimal(dice: Dice, within: Range | None, wanted: tuple[float, float], digits: int) -> float:
    """Rounded to `digits` places."""
    step = 10.0**-digits
    low, high = _bounds(within, wanted, step)
    return round(low + step * dice.integer(0, int((high - low) / step + 1e-6)), digits)


def integer(dice: Dice, within: Range | None, wanted: tuple[int, int]) -> int:
    low, high = _bounds(within, wanted, 1)
    return dice.integer(round(low), round(high))


def _bounds(within: Range | None, wanted: tuple[float, float], step: float) -> tuple[float, float]:
    low, high = _allowed(within, step)
    if low is None and high is None:
        return wanted
    if low is None:
        return min(wanted[0], high or 0), min(wanted[1], high or 0)
    if high is None:
        return max(wanted[0], low), max(wanted[1], low)
    start, end = max(wanted[0], low), min(wanted[1], high)
    return (start, end) if start <= end else (low, high)


def _allowed(within: Range | None, step: float) -> tuple[float | None, float | None]:
    """Both ends belong to it: an open end is moved by one step."""
    if within is None:
        return None, None
    low = within.min if isinstance(within.min, (int, float)) else None
    high = within.max if isinstance(within.max, (int, float)) else None
    if low is not None and within.min_op == ">":
        low += step
    if high is not None and within.max_op == "<":
        high -= step
    return low, high
