"""Wildcards of SMART on openEHR scope targets, matched without regular expressions.

A pattern comes from a token, that is from outside: a regular expression made of `*a*a*a*` can take
exponential time. This takes at most len(pattern) * len(name) steps.
"""

from typing import Final

MAX_LENGTH: Final = 256
_MAX_STARS: Final = 4


def is_pattern(text: str) -> bool:
    """True for a target that `matches` understands.

    `**` is named but not defined by the specification (ITS-REST 1.1.0, SMART App Launch). Here it may stand
    alone or as the last `::` segment; elsewhere the pattern is malformed, and such a scope grants nothing.
    """
    if not 0 < len(text) <= MAX_LENGTH:
        return False
    *leading, last = text.split("::")
    stars = "::".join([*leading, "*" if last == "**" else last])
    return "**" not in stars and stars.count("*") <= _MAX_STARS


def matches(pattern: str, name: str) -> bool:
    """`*` stays in one `::` segment, a last `::**` takes any depth; alone, `*` and `**` match any name."""
    if len(name) > MAX_LENGTH or not is_pattern(pattern):
        return False
    if pattern in ("*", "**"):
        return True
    wanted, found = pattern.split("::"), name.split("::")
    if wanted[-1] == "**":
        wanted.pop()
        if len(found) <= len(wanted):
            return False
        found = found[: len(wanted)]
    return len(wanted) == len(found) and all(map(_segment_matches, wanted, found))


def _segment_matches(pattern: str, text: str) -> bool:
    """Pieces between stars are taken at their first place, which is enough: the next star stretches."""
    first, *pieces = pattern.split("*")
    if not pieces:
        return text == first
    last = pieces.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for piece in pieces:
        position = text.find(piece, position, end)
        if position < 0:
            return False
        position += len(piece)
    return True
