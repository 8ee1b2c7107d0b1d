"""How values are written: regular expressions that Python and ECMA-262 read alike.

JSON Schema's patterns are the latter's, with `u` (2020-12, core, 6.4): there classes are of ASCII, and
nothing is escaped that needs no escape.
"""

import re
from collections.abc import Mapping
from typing import Final

from clinical.domain.query_product.model import Kind
from clinical.domain.query_product.patterns import items

_DATE: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME: Final = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
_UUID: Final = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"

#: The whole of a value; JSON Schema's formats `time` and `duration` are others than openEHR's.
FORMS: Final[Mapping[Kind, str]] = {
    Kind.DATE: _DATE,
    Kind.TIME: _TIME,
    Kind.DATE_TIME: f"{_DATE}T{_TIME}(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})",
    Kind.DURATION: (
        "-?P(?=.)(?:[0-9]{1,9}Y)?(?:[0-9]{1,9}M)?(?:[0-9]{1,9}W)?(?:[0-9]{1,9}D)?"
        r"(?:T(?=.)(?:[0-9]{1,9}H)?(?:[0-9]{1,9}M)?(?:[0-9]{1,9}(?:\.[0-9]{1,6})?S)?)?"
    ),
    Kind.UUID: _UUID,
    Kind.VERSION_UID: f"{_UUID}::[A-Za-z0-9][A-Za-z0-9._-]{{0,254}}::[1-9][0-9]{{0,9}}",
}

_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_CLASSES: Final = {"d": "0-9", "w": "A-Za-z0-9_"}
#: What ECMA-262 lets be escaped: SyntaxCharacter, and `/`.
_SYNTAX: Final = frozenset("^$\\.*+?()[]{}|/")


def portable(pattern: str) -> str:
    """A parameter's `pattern`, meaning the same to every validator."""
    return "".join(_portable(item["what"]) + (item["often"] or "") for item in items(pattern))


def _portable(what: str) -> str:
    if what == ".":
        return r"[^\n]"  # it is more than a line's end that ECMA-262 leaves out
    inside = what.startswith("[")
    return _ESCAPED.sub(lambda found: _character(found[1], inside=inside), what)


def _character(character: str, *, inside: bool) -> str:
    if character in _CLASSES:
        return _CLASSES[character] if inside else f"[{_CLASSES[character]}]"
    if character in _SYNTAX:
        return f"\\{character}"
    return f"\\x{ord(character):02x}" if inside and character.isascii() else character
