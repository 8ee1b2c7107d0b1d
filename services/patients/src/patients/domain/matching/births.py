"""Birth dates, as far as both sides know them."""

from rapidfuzz.distance.OSA import distance

from patients.domain.matching.traits import Traits
from patients.domain.matching.vocabulary import DIFFERENT, EXACT, MISSING

_DAY = 8
_KNOWN = {4: "year", 6: "month"}


def compare_births(a: Traits, b: Traits) -> str:
    left, right = a.birth_digits, b.birth_digits
    if not left or not right:
        return MISSING
    known = min(len(left), len(right))
    if known < _DAY:
        return _KNOWN[known] if left[:known] == right[:known] else DIFFERENT
    if left == right:
        return "default" if left.endswith("0101") else EXACT
    return _mistaken(left, right)


def _mistaken(left: str, right: str) -> str:
    same_year = left[:4] == right[:4]
    if same_year and left[4:6] == right[6:] and left[6:] == right[4:6]:
        return "swapped"
    if distance(left, right, score_cutoff=1) == 1:
        return "typo"
    parts = same_year + (left[4:6] == right[4:6]) + (left[6:] == right[6:])
    return "part" if parts == 2 else DIFFERENT
