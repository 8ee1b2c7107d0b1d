"""Inputs of a DV_DURATION: one for each part that its pattern allows."""

from collections.abc import Mapping
from typing import Final

from openward_openehr.web_template.model import Input, Range, Validation

#: Suffix, the key of its bounds, and the letter that allows it in a pattern.
_PARTS: Final = (
    ("year", "Y", "Y"),
    ("month", "M", "M"),
    ("day", "D", "D"),
    ("week", "W", "W"),
    ("hour", "H", "H"),
    ("minute", "MT", "M"),
    ("second", "S", "S"),
)


def duration_inputs(given: Input | None, default: str | None) -> list[Input]:
    """`given`: of the constraint of `value`, with its pattern and range; `default`: ISO 8601.

    Each part of a bound limits its own field, as EHRbase has it: P1M to P1Y says 1 for months and for years.
    """
    validation = (given and given.validation) or Validation()
    bounds = validation.range or Range()
    low, high = duration_parts(bounds.min), duration_parts(bounds.max)
    proposed = duration_parts(default)
    return [
        Input(
            "INTEGER",
            suffix,
            validation=Validation(range=_range(bounds, low.get(key), high.get(key))),
            default_value=proposed.get(key, 0) if proposed else None,
        )
        for suffix, key, letter in _PARTS
        if _allows(validation.pattern, key, letter)
    ]


def _allows(pattern: str | None, key: str, letter: str) -> bool:
    if not pattern:
        return True
    if key == "M":
        return letter in pattern.partition("T")[0]
    return letter in (pattern.partition("D")[2] if key == "MT" else pattern)


def _range(bounds: Range, low: int | None, high: int | None) -> Range:
    return Range(
        min=0 if low is None else low,
        min_op=">=" if low is None else bounds.min_op,
        max=high,
        max_op=None if high is None else bounds.max_op,
    )


def duration_parts(written: object) -> Mapping[str, int]:
    """By letter, minutes as `MT`; what is not a whole number of something is left out."""
    parts: dict[str, int] = {}
    digits, minutes = "", False
    for character in written if isinstance(written, str) else "":
        if character in "0123456789":
            digits += character
            continue
        if character == "T":
            minutes = True
        elif character != "P" and digits:
            parts["MT" if minutes and character == "M" else character] = int(digits)
        digits = digits if character in "TP" else ""
    return parts
