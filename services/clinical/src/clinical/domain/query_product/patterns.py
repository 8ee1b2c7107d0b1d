"""Patterns of parameters: the part of regular expressions of which every match is linear in the text.

A sequence of characters and classes, each with at most one quantifier, where whatever has a variable number
is followed by what it does not match itself. So there is one way to match a text, and trying another fails
at its first character; see Brüggemann-Klein, Wood: One-Unambiguous Regular Languages (1998).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

_ESCAPED: Final = r"\\[dw]|\\[^\w\s]"
_ONE: Final = rf"(?:{_ESCAPED}|[^\\\]\[^&|~-])"
_CLASS: Final = rf"\[\^?(?:{_ONE}-{_ONE}|{_ONE})*-?\]"
_ITEM: Final = re.compile(
    rf"(?P<what>{_ESCAPED}|{_CLASS}|[^\\\[\]^$.|()?*+{{}}]|\.)"
    r"(?P<often>\?|\*|\+|\{\d{1,4}(?:,\d{0,4})?\})?"
)
_FIXED: Final = re.compile(r"\{(\d+)(?:,\1)?\}")
_MAY_LACK: Final = re.compile(r"[?*]|\{0+[,}].*")
#: Where \d, \w and `.` begin and end.
_EDGES: Final = "\0\n\x0b0:A[_`a{"
_SYNTAX = (
    "Characters, classes as [A-Z0-9], \\d, \\w and ., each with at most one of ? * + {n} {n,m}; no groups, "
    "alternatives, anchors: the whole text is compared."
)
_AMBIGUOUS = "What may be repeated more or less often cannot be followed by what it matches itself."


class _Item(NamedTuple):
    """`matched`: of the characters at which a class of the pattern begins or ends, those in this one."""

    matched: frozenset[str]
    varies: bool
    may_lack: bool


def problem_of_pattern(pattern: str) -> str | None:
    """What is wrong with it; None if its matches take no longer than the text is long."""
    found = items(pattern)
    if "".join(item[0] for item in found) != pattern:
        return _SYNTAX
    try:
        re.compile(pattern, re.ASCII)
        read = list(_read(pattern, found))
    except (re.error, OverflowError):
        return "It is no regular expression."
    return _AMBIGUOUS if any(_is_ambiguous(read[at:]) for at in range(len(read))) else None


def matches(pattern: str, text: str) -> bool:
    """The whole of it; a pattern that is none of these matches nothing."""
    compiled = _compiled(pattern)
    return compiled is not None and compiled.fullmatch(text) is not None


def items(pattern: str) -> list[re.Match[str]]:
    """Of each character or class `what` and, if it says so, how `often`; all of a pattern without problem."""
    return list(_ITEM.finditer(pattern))


@lru_cache(256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    return None if problem_of_pattern(pattern) else re.compile(pattern, re.ASCII)


def _read(pattern: str, items: list[re.Match[str]]) -> Iterator[_Item]:
    """Two classes that share a character share one at which one of them begins."""
    edges = {*_EDGES, *pattern, *(chr(min(ord(each) + 1, 0x10FFFF)) for each in pattern)}
    for item in items:
        what, often = re.compile(item["what"], re.ASCII), item["often"] or "{1}"
        matched = frozenset(edge for edge in edges if what.fullmatch(edge))
        yield _Item(matched, not _FIXED.fullmatch(often), _MAY_LACK.fullmatch(often) is not None)


def _is_ambiguous(items: list[_Item]) -> bool:
    """Whether one more of the first could as well be one of what may follow."""
    first, *rest = items
    if not first.varies:
        return False
    for following in rest:
        if first.matched & following.matched:
            return True
        if not following.may_lack:
            break
    return False
