"""JSON as RFC 8259 and I-JSON (RFC 7493) want it: UTF-8, each name once, finite numbers, valid Unicode.

Python's `json` guesses UTF-16 and UTF-32, takes the last of two equal names, and reads NaN and 1e999.
Two parsers that differ there see two different requests.
"""

import codecs
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn

from openward_servicekit.json_outline import Outlined, Visit, Wanted, outline

#: Bytes up to which the whole of a text is read, which is faster.
SMALL: Final = 64 * 1024
_BLOCK: Final = 1 << 20

#: Objects of a value that was read, and for each the members it is to have instead of, or besides, its own.
Changes = Iterable[tuple[dict[str, Any], Mapping[str, Any]]]


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


def read(text: bytes, wanted: Wanted, visit: Visit | None = None) -> Any:
    """What is wanted of a JSON text of any size, and of a small one all. Raises as `loads`; see `outline`."""
    if len(text) > SMALL:
        check_utf8(text)
        return outline(text, wanted, visit)
    value = loads(text)
    if visit is not None and isinstance(value, dict):
        for name, member in value.items():
            visit(name, member)
    return value


def changed(text: bytes, value: Any, changes: Changes) -> tuple[bytes | memoryview, ...]:
    """The text of `value`, which `read` has made of `text`, with other members: in parts, to be sent in turn.

    A member of a large text that is replaced must have been wanted. The objects in `changes` are changed.
    """
    if isinstance(value, Outlined):
        return tuple(_spliced(memoryview(text), changes))
    edits = list(changes)
    if len(edits) == 1 and edits[0][0] is value and value and not value.keys() & edits[0][1].keys():
        added = json.dumps(edits[0][1], ensure_ascii=False).encode()[1:-1]
        end = text.rindex(b"}")
        return (b"%b,%b%b" % (text[:end], added, text[end:]),)
    for members, new in edits:
        members.update(new)
    return (json.dumps(value, ensure_ascii=False).encode(),)


def _spliced(text: memoryview, changes: Changes) -> Iterable[bytes | memoryview]:
    cuts: list[tuple[int, int, bytes]] = []
    for members, new in changes:
        assert isinstance(members, Outlined)  # noqa: S101  of a large text all are
        bare = members.bare
        for name, value in new.items():
            written = json.dumps(value, ensure_ascii=False).encode()
            if name in members.spans:
                cuts.append((*members.spans[name], written))
            else:
                member = b"%b%b:%b" % (b"" if bare else b",", json.dumps(name).encode(), written)
                cuts.append((members.end, members.end, member))
                bare = False
    begin = 0
    for start, end, written in sorted(cuts, key=lambda cut: cut[0]):
        yield text[begin:start]
        yield written
        begin = end
    yield text[begin:]


def check_utf8(text: bytes) -> None:
    """Raises ValueError. In blocks: as a str, some texts take four times their bytes."""
    decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(text)
    try:
        for start in range(0, len(view), _BLOCK):
            decoder.decode(view[start : start + _BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None


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
