"""Whether a JSON value can be read as what its place takes, and what it is then.

As EHRbase reads it: numbers and booleans may be written as text, and text as a number or boolean.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from openward_openehr.simplified import Kind
from openward_openehr.validation.moments import is_date, is_date_time, is_time, seconds_of


class ScalarMismatch(ValueError):  # noqa: N818  errors are named <Noun><Problem> here
    """`lenient`: EHRbase reads something from it, though not what is written."""

    def __init__(self, *, lenient: bool = False) -> None:
        super().__init__("not of the kind that its place takes")
        self.lenient = lenient


def read(kind: Kind, value: Any, *, now: bool = False) -> Any:
    """None stays None: nothing is given. `now`: the word is taken for a moment. Raises ScalarMismatch."""
    if value is None:
        return None
    if now and value == "now" and kind in _MOMENTS:
        return value
    return _READERS[kind](value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value) if abs(value) < _LARGE else "large"
    raise ScalarMismatch


def _decimal(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ScalarMismatch
    if isinstance(value, str) and not value.strip():
        return None
    return _finite(value)


def _finite(value: float | str) -> float:
    if isinstance(value, str) and not (len(value) <= _LONGEST and _NUMBER.fullmatch(value.strip())):
        raise ScalarMismatch(lenient=value.strip() in _NO_NUMBERS)
    try:
        number = float(value)
    except OverflowError:
        raise ScalarMismatch(lenient=True) from None
    if not math.isfinite(number):
        raise ScalarMismatch(lenient=True)
    return number


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        raise ScalarMismatch
    if isinstance(value, int):
        return _within(value)
    if isinstance(value, float):
        if not value.is_integer():
            raise ScalarMismatch(lenient=math.isfinite(value))
        return _within(int(value))
    if isinstance(value, str):
        return _integer_of(value.strip())
    raise ScalarMismatch


def _integer_of(text: str) -> int | None:
    if not text:
        return None
    if not (len(text) <= _DIGITS and _WHOLE.fullmatch(text)):
        raise ScalarMismatch
    return _within(int(text))


def _within(number: int) -> int:
    if not -(2**63) <= number < 2**63:
        raise ScalarMismatch
    return number


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    if isinstance(value, str) and value.strip() in _BOOLEANS:
        return _BOOLEANS[value.strip()]
    raise ScalarMismatch


def _matching(test: Callable[[str], object]) -> Callable[[Any], str]:
    def reader(value: Any) -> str:
        text = _text(value)
        if not test(text):
            raise ScalarMismatch
        return text

    return reader


def _is_duration(text: str) -> bool:
    return seconds_of(text) is not None


def _is_uri(text: str) -> bool:
    if not text or _NOT_IN_URIS.search(text):
        return False
    try:
        urlsplit(text)
    except ValueError:
        return False
    return True


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


_LARGE: Final = 10.0**300
_LONGEST: Final = 400
_DIGITS: Final = 20
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d+", re.ASCII)
_NO_NUMBERS: Final = frozenset({"NaN", "Infinity", "-Infinity", "INF", "-INF", "+INF"})
_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOT_IN_URIS: Final = re.compile(r'[\s<>"{}|\\^`]|%(?![0-9A-Fa-f]{2})')
_MOMENTS: Final = frozenset({Kind.DATE, Kind.TIME, Kind.DATETIME})
_READERS: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _matching(is_date),
    Kind.TIME: _matching(is_time),
    Kind.DATETIME: _matching(is_date_time),
    Kind.DURATION: _matching(_is_duration),
    Kind.URI: _matching(_is_uri),
    Kind.BASE64: _matching(_is_base64),
    Kind.CHARACTER: _matching(bool),
    Kind.CANONICAL: _text,
}
