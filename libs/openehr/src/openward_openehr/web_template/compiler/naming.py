"""Ids of nodes, as they stand in FLAT paths: from names. Source: how EHRbase's SDK (2.22) makes them."""

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

_NAMES: Final = 10_000
_OTHER_ASCII: Final = re.compile(r"[^A-Za-z0-9._\-]+")


@lru_cache(_NAMES)
def node_id(name: str) -> str:
    """In lower case, with `_` for whatever is no letter, digit, `.`, `_` or `-`; never begins with a digit.

    Empty where nothing is left of the name.
    """
    lower = name.lower()
    words = _OTHER_ASCII.sub(" ", lower) if lower.isascii() else "".join(map(_kept, lower))
    id_ = "_".join(words.split())
    return f"a{id_}" if id_[:1].isdigit() else id_


def _kept(character: str) -> str:
    kept = character in "0123456789._-" or character.isalpha() or ord(character) in _other_alphabetic()
    return character if kept else " "


@cache
def _other_alphabetic() -> frozenset[int]:
    """Alphabetic by the Unicode standard and yet no letter, such as vowel signs; hexadecimal ranges."""
    text = files(__package__).joinpath("alphabetic.txt").read_text(encoding="ascii")
    ranges = (each.partition("-") for each in text.split())
    return frozenset(
        code for first, _, last in ranges for code in range(int(first, 16), int(last or first, 16) + 1)
    )
