"""The order in which a HashSet of Java gives its members: where EHRbase keeps a set, its web template has it.

Source: java.util.HashMap and String.hashCode of the Java platform, which fix both.
"""

from collections.abc import Hashable, Sequence
from typing import Final, TypeVar

_T = TypeVar("_T", bound=Hashable)
_FIRST_TABLE: Final = 16
_WORD: Final = 0xFFFFFFFF


def text_hash(text: str | None) -> int:
    """Of 32 bits, from UTF-16; that of nothing is 0."""
    result = 0
    encoded = (text or "").encode("utf-16-le")
    for at in range(0, len(encoded), 2):
        result = (31 * result + encoded[at] + (encoded[at + 1] << 8)) & _WORD
    return result


def combined_hash(*hashes: int) -> int:
    """Objects.hash of values with these hashes."""
    result = 1
    for each in hashes:
        result = (31 * result + each) & _WORD
    return result


def in_set_order(members: Sequence[tuple[_T, int]]) -> list[_T]:
    """Each once; `members`: with their hashes, in the order in which they were added."""
    unique = dict(members)
    table = _FIRST_TABLE
    while len(unique) > table * 3 // 4:
        table *= 2
    return sorted(unique, key=lambda member: (unique[member] ^ unique[member] >> 16) & (table - 1))
