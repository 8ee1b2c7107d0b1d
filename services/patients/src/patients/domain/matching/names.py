"""Names: each that one record ever had against each of the other, as pairs of family and given."""

from itertools import product
from typing import NamedTuple

from rapidfuzz.distance.JaroWinkler import similarity
from rapidfuzz.distance.OSA import distance

from patients.domain.matching.traits import NameTraits, Traits
from patients.domain.matching.vocabulary import DIFFERENT, EXACT, MISSING

#: Below this, Jaro-Winkler finds more strangers than misspellings.
SIMILAR = 0.88
#: One letter of two is no misspelling.
SHORTEST_WITH_TYPO = 3
_RANK = {EXACT: 6, "part": 4, "typo": 5, "similar": 3, "initial": 2, MISSING: 1, DIFFERENT: 0}


class NamesCompared(NamedTuple):
    """The pair that was compared. `crossed`: one's family name is the other's given name."""

    family: str
    given: str
    crossed: bool = False
    left: NameTraits = NameTraits()
    right: NameTraits = NameTraits()


_NOTHING = NamesCompared(MISSING, MISSING)


def compare_names(a: Traits, b: Traits) -> NamesCompared:
    """The best of all pairs of names."""
    if len(a.names) == 1 and len(b.names) == 1:
        return _compare(a.names[0], b.names[0])
    pairs = (_compare(left, right) for left, right in product(a.names, b.names))
    return max(pairs, key=_strength, default=_NOTHING)


def _strength(names: NamesCompared) -> tuple[int, int, list[NameTraits]]:
    """Ties are broken by the names, so that the order of the records does not matter."""
    family, given = _RANK[names.family], _RANK[names.given]
    return family + given, family, sorted((names.left, names.right))


def _compare(left: NameTraits, right: NameTraits) -> NamesCompared:
    family = spelling(left.family, right.family)
    given = _given(left.given, right.given)
    if family in (DIFFERENT, MISSING) and given in (DIFFERENT, MISSING) and _crossed(left, right):
        first, other = sorted((left, right))
        swapped = NameTraits(other.given[0], (other.family,))
        family, given = spelling(first.family, swapped.family), spelling(first.given[0], other.family)
        return NamesCompared(family, given, crossed=True, left=first, right=swapped)
    return NamesCompared(family, given, crossed=False, left=left, right=right)


def _crossed(left: NameTraits, right: NameTraits) -> bool:
    if not (left.family and left.given and right.family and right.given):
        return False
    there, back = left.family == right.given[0], right.family == left.given[0]
    if there and back:
        return True
    return (there and _near(left.given[0], right.family)) or (back and _near(left.family, right.given[0]))


def _near(left: str, right: str) -> bool:
    return spelling(left, right) in (EXACT, "typo", "similar")


def spelling(left: str, right: str) -> str:
    """How one word, or a few with blanks between, is written here and there."""
    if not left or not right:
        return MISSING
    if left == right:
        return EXACT
    if (
        len(left) >= SHORTEST_WITH_TYPO <= len(right)
        and -1 <= len(left) - len(right) <= 1
        and distance(left, right, score_cutoff=1) == 1
    ):
        return "typo"
    if similarity(left, right, score_cutoff=SIMILAR):
        return "similar"
    if (" " in left or " " in right) and _share_a_part(left, right):
        return "part"
    return DIFFERENT


def _share_a_part(left: str, right: str) -> bool:
    parts = set(left.split()).intersection(right.split())
    return any(len(part) >= SHORTEST_WITH_TYPO for part in parts)


def _given(left: tuple[str, ...], right: tuple[str, ...]) -> str:
    if not left or not right:
        return MISSING
    first, other = left[0], right[0]
    if first == other:
        return EXACT if _agree_further(left, right) else "part"
    if first[:1] == other[:1] and (len(first) == 1 or len(other) == 1):
        return "initial"
    outcome = spelling(first, other)
    return outcome if len(left) == len(right) == 1 else _among_several(outcome, left, right)


def _agree_further(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Twins may share the first of two given names."""
    if len(left) == 1 or len(right) == 1:
        return True
    return not set(left[1:]).isdisjoint(right[1:]) or left[1][:1] == right[1][:1]


def _among_several(outcome: str, left: tuple[str, ...], right: tuple[str, ...]) -> str:
    if not set(left).isdisjoint(right):
        return "part"
    if outcome == DIFFERENT and spelling("".join(left), "".join(right)) in (EXACT, "typo"):
        return "similar"
    return outcome
