"""Keys that a patient's name is found by: one row each."""

from collections.abc import Sequence
from itertools import islice

from patients.domain.keys.text import search_key

_MOST_FAMILY = 4
_MOST_GIVEN = 6


def family_keys(family: str | None) -> tuple[str, ...]:
    """The whole name, then what is left of it from each later word on: van der berg, der berg, berg.

    At most four; of a longer name the whole and the three shortest. `("",)` without one.
    """
    whole = search_key(family or "")
    if " " not in whole:
        return (whole,)
    parts = whole.split()
    starts = range(max(1, len(parts) - _MOST_FAMILY + 1), len(parts))
    return tuple(dict.fromkeys((whole, *(" ".join(parts[start:]) for start in starts))))


def given_keys(given: Sequence[str]) -> tuple[str, ...]:
    """Each single word of all given names, at most six, in their order. `("",)` without any."""
    each = (word for name in given for word in search_key(name).split())
    return tuple(islice(dict.fromkeys(each), _MOST_GIVEN)) or ("",)
