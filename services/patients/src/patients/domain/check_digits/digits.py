"""What the own rules are made of."""

import re
from collections.abc import Iterable

from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength

from patients.domain.keys import identifier_key


def compact(value: str, form: re.Pattern[str], lengths: tuple[int, ...]) -> str:
    """The value without separators; raises InvalidLength, InvalidFormat."""
    key = identifier_key(value)
    if len(key) not in lengths:
        raise InvalidLength
    if not form.fullmatch(key):
        raise InvalidFormat
    return key


def weighted(digits: str, weights: Iterable[int]) -> int:
    """Sum of products, as far as the shorter one goes."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def require(fits: bool) -> None:  # noqa: FBT001  reads as a sentence
    """Raises InvalidChecksum."""
    if not fits:
        raise InvalidChecksum
