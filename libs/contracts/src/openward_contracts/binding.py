"""Headers of the CloudEvents NATS binding in binary mode.

Source: version 1.0.3-wip of the binding, section 3.1; the texts up to 1.0.2 have no binary mode.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

PREFIX: Final = "ce-"

#: Printable ASCII but for the double quote and the percent sign. A blank is not among them.
_PLAIN: Final = "".join(map(chr, range(0x21, 0x7F))).replace('"', "").replace("%", "")
_ALL_PLAIN: Final = re.compile(rf"[{re.escape(_PLAIN)}]*")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def encode_value(value: str) -> str:
    """Percent-encode for a header: blank, `"`, `%` and all but U+0021 to U+007E, as UTF-8 in upper-case hex.

    Raises ValueError on a lone surrogate: it has no UTF-8.
    """
    return value if _ALL_PLAIN.fullmatch(value) else _quoted(value)


@lru_cache(maxsize=1024)
def _quoted(value: str) -> str:
    """Kept: nearly always it is the claims of an actor, who comes again."""
    return quote(value, safe=_PLAIN)


def decode_value(value: str) -> str:
    """Undo one quoted string (RFC 7230, section 3.2.6; older producers), then percent-decode exactly once.

    Raises ValueError when the decoded bytes are not UTF-8, overlong forms included.
    """
    if quoted := _QUOTED.fullmatch(value):
        value = _ESCAPED.sub(r"\1", quoted[1])
    return unquote(value, errors="strict") if "%" in value else value


def attributes(headers: Mapping[str, str]) -> dict[str, str]:
    """The CloudEvents attributes among a message's headers, names in lower case, values decoded.

    Raises ValueError on structured mode and on a value that does not decode; the text names the header only.
    """
    found = {}
    for header, value in headers.items():
        name = header.lower()
        if name == "content-type" and value.strip().lower().startswith("application/cloudevents"):
            raise ValueError("structured content mode; only binary mode (ce-* headers) is read here")
        if name.startswith(PREFIX):
            try:
                found[name.removeprefix(PREFIX)] = decode_value(value)
            except ValueError:
                raise ValueError(f"{name} is not percent-encoded UTF-8") from None
    return found
