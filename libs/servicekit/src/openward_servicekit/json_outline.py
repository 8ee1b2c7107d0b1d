"""Large JSON without a tree of it: read by the rules of `strict_json`, a little of it kept, with its place.

Python's reader makes 20 MB of JSON into hundreds of megabytes of objects. This one keeps the members that are
wanted, forgets the rest as soon as it is checked, and says where in the text they are, so that one can be
replaced without writing the others anew. It takes about a microsecond for each value.
"""

import json
import math
import re
from array import array
from collections.abc import Callable
from typing import Any, Final, Protocol

DEEPEST: Final = 200
#: Bytes of a text that is kept; a longer one is None.
LONGEST_KEPT: Final = 10_000
#: Items of a list each of which is kept.
MOST_KEPT: Final = 10_000
#: Of an object with more names, their hashes are held.
_FEW_NAMES: Final = 1000
_LONGEST_INTEGER: Final = 4300  # Python's own bound

_WS = rb"[ \t\n\r]*+"
_TEXT = rb'[^"\\\x00-\x1f]*+'
_INTEGER = rb"-?(?:0|[1-9][0-9]*+)"
# Repeated groups are atomic, not possessive: those match wrongly in Python before 3.11.5 (gh-106052).
_NUMBER = _INTEGER + rb"(?>(?:\.[0-9]++)?)(?>(?:[eE][+-]?[0-9]++)?)"
_PLAIN_NUMBER = rb"-?(?:0|[1-9][0-9]{0,17}+)(?>(?:\.[0-9]{1,17}+)?)(?![0-9.eE])"
#: What is read in one step, as nothing in it can be wrong.
_PLAIN = rb'"' + _TEXT + rb'"|' + _PLAIN_NUMBER + rb"|true|false|null"
_MEMBER = re.compile(rb'%b"(%b)"%b:%b(?:(%b)%b([,}])|(?=[{\[]))' % (_WS, _TEXT, _WS, _WS, _PLAIN, _WS))
_ITEM = re.compile(rb"%b(?:(%b)%b([,\]])|(?=[{\[]))" % (_WS, _PLAIN, _WS))
#: Many at a time, but not so many that the expression's own memory would count.
_ITEMS = re.compile(rb"(?>(?:%b(?:%b|\[\]|{})%b,){0,1000})" % (_WS, _PLAIN, _WS))
_SPACE = re.compile(_WS)
_COLON = re.compile(rb"%b:%b" % (_WS, _WS))
_MARK = re.compile(rb"%b([,}\]])" % _WS)
_SCALAR = re.compile(rb"%b|true|false|null" % _NUMBER)
#: Half a surrogate pair and NUL are no escapes here: UTF-8 and PostgreSQL's text cannot hold them.
_TEXT_PART = re.compile(
    rb'(?>(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u(?!0000|[dD][89a-fA-F])[0-9a-fA-F]{4}'
    rb"|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})){0,1000})"
)


_ESCAPE = re.compile(rb"\\u[0-9a-fA-F]{4}")
_NO_TEXT: Final = "half a surrogate pair or a NUL character"

#: By how they begin: what stands for a value that is not wanted. Others are numbers.
_KINDS: Final[dict[bytes, Any]] = {b'"': "", b"t": True, b"f": True, b"n": None}


class Wanted(Protocol):
    """What is kept of a value: of an object's members by name, of a list's items by None; `{}` is a leaf."""

    def get(self, name: Any, /) -> "Wanted | None": ...


class _Whole:
    def get(self, _name: Any, /) -> Wanted:
        return self


#: All of a value, if its text has no more than LONGEST_KEPT bytes; else it is None.
WHOLE: Final[Wanted] = _Whole()

Visit = Callable[[str, Any], None]


class Outlined(dict[str, Any]):
    """An object with those of its members that are wanted.

    `end` is the place of its closing brace, `spans` are those of the members' values, in bytes; `bare`: it
    has no member at all.
    """

    __slots__ = ("bare", "end", "spans")

    def __init__(self) -> None:
        super().__init__()
        self.bare = True
        self.end = 0
        self.spans: dict[str, tuple[int, int]] = {}


def outline(text: bytes, wanted: Wanted, visit: Visit | None = None) -> Any:
    """The value that `text` holds, with what is wanted of it; `text` is UTF-8, which is not checked here.

    `visit` is called for each member of the outermost object, with its name and value: one that is not wanted
    is told by its type alone, as "", 0, True, None, [] or {}. Raises ValueError with a message that names the
    rule and never the content, and whatever `visit` raises.
    """
    reader = _Reader(text, visit)
    value, at = reader.value(reader.space(0), wanted, 0)
    if reader.space(at) != len(text):
        raise _wrong(at)
    return value


def _wrong(at: int) -> ValueError:
    return ValueError(f"not JSON at byte {at}")


class _Names:
    """The names of an object, each of which may occur once.

    Of many the hashes are compared, at the end and in parts, so that there is never a set of them all. They
    are keyed and 64 bits wide: for a million names, one in many millions is refused without being wrong.
    """

    __slots__ = ("_few", "_many")

    def __init__(self) -> None:
        self._few: set[bytes] = set()
        self._many: list[array[int]] = []

    def add(self, name: bytes) -> None:
        if self._many:
            number = hash(name)
            self._many[number & 255].append(number)
            return
        if name in self._few:
            raise ValueError("a name occurs twice in an object")
        self._few.add(name)
        if len(self._few) > _FEW_NAMES:
            self._many = [array("q") for _ in range(256)]
            for known in self._few:
                self.add(known)
            self._few.clear()

    def check(self) -> None:
        if any(len(set(part)) != len(part) for part in self._many):
            raise ValueError("a name occurs twice in an object")


class _Reader:
    """Each method is given where to begin, and returns where it ended."""

    def __init__(self, text: bytes, visit: Visit | None) -> None:
        self._text = text
        self._visit = visit

    def space(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def value(self, at: int, wanted: Wanted | None, depth: int) -> tuple[Any, int]:
        if wanted is WHOLE:
            end = self.value(at, None, depth)[1]
            return self._all(at, end), end
        first = self._text[at : at + 1]
        if first == b"{":
            return self._object(at + 1, wanted, _deeper(depth))
        if first == b"[":
            return self._list(at + 1, wanted, _deeper(depth))
        end = self._text_end(at + 1) if first == b'"' else self._scalar_end(at)
        return (self._kind(at) if wanted is None else self._all(at, end)), end

    def _object(self, at: int, wanted: Wanted | None, depth: int) -> tuple[dict[str, Any], int]:
        if wanted is not None:
            return self._kept_object(at, wanted, depth)
        text, add = self._text, (names := _Names()).add
        mark, at = self._first(at, b"}")
        while mark == b",":
            found = _MEMBER.match(text, at)
            if found is not None and found.lastindex == 3:
                name, mark, at = found[1], found[3], found.end()
            else:
                name, at = (found[1], found.end()) if found else self._name(at)
                mark, at = self._mark(self.value(at, None, depth)[1], b"}")
            add(name)
        names.check()
        return {}, at

    def _kept_object(self, at: int, wanted: Wanted, depth: int) -> tuple[Outlined, int]:
        kept, names = Outlined(), _Names()
        visit = self._visit if depth == 1 else None
        mark, at = self._first(at, b"}")
        kept.bare = mark != b","
        while mark == b",":
            found = _MEMBER.match(self._text, at)
            octets, start = (found[1], found.start(2)) if found and found.lastindex == 3 else self._name(at)
            if len(octets) > LONGEST_KEPT:
                raise ValueError(f"a name of more than {LONGEST_KEPT} bytes")
            names.add(octets)
            name = octets.decode()
            inner = wanted.get(name)
            if inner is None and found and found.lastindex == 3:
                value, mark, at = self._kind(found.start(2)), found[3], found.end()
            else:
                value, end = self.value(start, inner, depth)
                mark, at = self._mark(end, b"}")
                if inner is not None:
                    kept[name], kept.spans[name] = value, (start, end)
            if visit is not None:
                visit(name, value)
        names.check()
        kept.end = at - 1
        return kept, at

    def _list(self, at: int, wanted: Wanted | None, depth: int) -> tuple[list[Any], int]:
        inner, text = None if wanted is None else wanted.get(None), self._text
        kept: list[Any] = []
        mark, at = self._first(at, b"]")
        while mark == b",":
            if inner is None:
                while (found := _ITEMS.match(text, at)) and found.end() > at:
                    at = found.end()
            value, at = self.value(self.space(at), inner, depth)
            mark, at = self._mark(at, b"]")
            if inner is not None:
                kept.append(value)
                if len(kept) > MOST_KEPT:
                    raise ValueError(f"a list of more than {MOST_KEPT} items")
        return kept, at

    def _first(self, at: int, closing: bytes) -> tuple[bytes, int]:
        """As if a comma were before the first member or item, if there is one."""
        found = _MARK.match(self._text, at)
        return (closing, found.end()) if found and found[1] == closing else (b",", at)

    def _mark(self, at: int, closing: bytes) -> tuple[bytes, int]:
        found = _MARK.match(self._text, at)
        if found is None or found[1] not in (b",", closing):
            raise _wrong(at)
        return found[1], found.end()

    def _name(self, at: int) -> tuple[bytes, int]:
        """The name of a member, without its escapes, and where its value begins."""
        start = self.space(at)
        if self._text[start : start + 1] != b'"':
            raise _wrong(start)
        end = self._text_end(start + 1)
        colon = _COLON.match(self._text, end)
        if colon is None:
            raise _wrong(end)
        octets = self._text[start + 1 : end - 1]
        if b"\\" in octets:
            octets = json.loads(self._text[start:end]).encode()
        return octets, colon.end()

    def _text_end(self, at: int) -> int:
        """`at` is behind the opening quote, the result behind the closing one."""
        while (found := _TEXT_PART.match(self._text, at)) and found.end() > at:
            at = found.end()
        if self._text[at : at + 1] != b'"':
            raise ValueError(_NO_TEXT) if _ESCAPE.match(self._text, at) else _wrong(at)
        return at + 1

    def _scalar_end(self, at: int) -> int:
        found = _SCALAR.match(self._text, at)
        if found is None:
            raise _wrong(at)
        token = found[0]
        if token[-1:].isdigit():
            if token.lstrip(b"-").isdigit():
                if len(token) > _LONGEST_INTEGER:
                    raise ValueError("a number out of range")
            elif not math.isfinite(float(token)):
                raise ValueError("a number out of range")
        return found.end()

    def _kind(self, at: int) -> Any:
        return _KINDS.get(self._text[at : at + 1], 0)

    def _all(self, at: int, end: int) -> Any:
        return json.loads(self._text[at:end]) if end - at <= LONGEST_KEPT else None


def _deeper(depth: int) -> int:
    if depth == DEEPEST:
        raise ValueError("nested too deeply")
    return depth + 1
