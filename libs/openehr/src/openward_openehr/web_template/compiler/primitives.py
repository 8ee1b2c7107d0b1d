"""The input of a primitive constraint (C_STRING, C_INTEGER, …), and ranges.

Source: how EHRbase's SDK (2.22) does it; it reads real numbers in single precision, and so do we.
"""

import re
import struct
from typing import Final

from openward_openehr.opt.model import Interval, Primitive, PrimitiveObject
from openward_openehr.web_template.model import Choice, Input, InputType, Range, Validation

_TYPES: Final[dict[str, InputType]] = {
    "STRING": "TEXT",
    "REAL": "DECIMAL",
    "INTEGER": "INTEGER",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIME": "TIME",
    "DATE_TIME": "DATETIME",
    "DURATION": "DURATION",
}
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.([0-9]+))?", re.ASCII)
_SINGLE_PLACES: Final = 7
_SINGLE_DIGITS: Final = 10
_RANGED: Final = frozenset(("C_DURATION", "C_INTEGER", "C_REAL"))


def primitive_input(constraint: PrimitiveObject) -> Input:
    """Without suffix: that depends on the attribute that it stands for."""
    item = constraint.item or Primitive("")
    pattern = item.pattern if item.pattern and item.pattern.strip() else None
    bounds = as_range(item.range) if item.type in _RANGED else None
    return Input(
        type=_TYPES.get(constraint.rm_type, "TEXT"),
        choices=_choices(item),
        list_open=item.list_open if item.type == "C_STRING" else None,
        validation=Validation(range=bounds, pattern=pattern) if pattern or bounds else None,
        default_value=None if item.assumed is None else number_or_text(item.assumed),
    )


def _choices(item: Primitive) -> tuple[Choice, ...]:
    if item.type == "C_BOOLEAN" and item.true_valid != item.false_valid:
        only = "true" if item.true_valid else "false"
        return (Choice(only, only),)
    if item.type == "C_INTEGER":
        return tuple(Choice(value, "") for value in item.values)
    return tuple(Choice(value, value) for value in item.values) if item.type == "C_STRING" else ()


def as_range(interval: Interval | None) -> Range | None:
    """Whole numbers always with bounds that are included."""
    if interval is None:
        return None
    low, high = interval.lower, interval.upper
    low_op, high_op = (">=" if interval.lower_included else ">"), ("<=" if interval.upper_included else "<")
    if isinstance(low, int) and low_op == ">":
        low, low_op = low + 1, ">="
    if isinstance(high, int) and high_op == "<":
        high, high_op = high - 1, "<="
    return Range(
        min=single_precision(low) if isinstance(low, float) else low,
        min_op=None if low is None else low_op,  # type: ignore[arg-type]  # one of the two
        max=single_precision(high) if isinstance(high, float) else high,
        max_op=None if high is None else high_op,  # type: ignore[arg-type]  # one of the two
    )


def single_precision(number: float) -> float:
    """The nearest number of 32 bits."""
    try:
        packed: tuple[float] = struct.unpack("f", struct.pack("f", number))
    except OverflowError:
        return number
    return packed[0]


def number_or_text(written: str) -> float | str:
    """A default: what looks like a decimal number is one, with up to 7 decimal places in single precision.

    What begins with 0 and goes on is none: EHRbase takes it for an octal number.
    """
    if (found := _DECIMAL.fullmatch(written)) is None:
        return written
    places = found[1]
    if places is None:
        return int(written)
    number = float(written)
    return _shortest(number) if len(places) <= _SINGLE_PLACES else number


def _shortest(number: float) -> float:
    """With as few digits as tell it from other numbers of 32 bits."""
    single = single_precision(number)
    shorter = (float(f"{number:.{digits}g}") for digits in range(1, _SINGLE_DIGITS))
    return next((each for each in shorter if single_precision(each) == single), number)
