"""JSON as RFC 8259 and I-JSON (RFC 7493) want it: UTF-8, each name once, finite numbers, valid Unicode.

Python's `json` guesses UTF-16 and UTF-32, takes the last of two equal names, and reads NaN and 1e999.
Two parsers that differ there see two different requests.
"""

import json
import math
from typing import Any, Final, NoReturn


def loads(text: bytes) -> Any:
    """Raises ValueError with a message that names the rule and never the content."""
    try:
        value = _DECODER.decode(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at character {error.pos}") from None
    if b"\\u" in text:
        _check_unicode(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return members


def _refuse(_constant: str) -> NoReturn:
    raise ValueError("not a finite number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number out of range")
    return number


#: Made once: making one costs a third of reading a small document.
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)


def _check_unicode(value: Any) -> None:
    """Escapes can spell what UTF-8 and PostgreSQL's text cannot hold: half a surrogate pair, and NUL."""
    written = json.dumps(value, ensure_ascii=False)
    try:
        written.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("half a surrogate pair") from None
    if "\\u0000" in written.replace("\\\\", ""):
        raise ValueError("a NUL character")
