"""Addresses: the best of all pairs, part by part."""

from itertools import product
from typing import NamedTuple

from rapidfuzz.distance.JaroWinkler import similarity
from rapidfuzz.distance.OSA import distance

from patients.domain.matching.traits import AddressTraits, Traits
from patients.domain.matching.vocabulary import DIFFERENT, EXACT, MISSING

SIMILAR_PLACE = 0.9
_RANK = {EXACT: 3, "typo": 2, "similar": 2, MISSING: 1, DIFFERENT: 0}


class PlaceCompared(NamedTuple):
    street: str
    house: str
    postal: str
    city: str


_NOTHING = PlaceCompared(MISSING, MISSING, MISSING, MISSING)


def compare_places(a: Traits, b: Traits) -> PlaceCompared:
    if not a.addresses or not b.addresses:
        return _NOTHING
    if len(a.addresses) == 1 and len(b.addresses) == 1:
        return _compare(a.addresses[0], b.addresses[0])
    pairs = (_compare(left, right) for left, right in product(a.addresses, b.addresses))
    return max(pairs, key=_strength)


def _strength(place: PlaceCompared) -> tuple[int, tuple[int, ...]]:
    ranks = tuple(_RANK[outcome] for outcome in place)
    return sum(ranks), ranks


def _compare(left: AddressTraits, right: AddressTraits) -> PlaceCompared:
    return PlaceCompared(
        _lines(left.lines, right.lines),
        same(left.house, right.house),
        _postal(left.postal, right.postal),
        wording(left.city, right.city),
    )


def same(left: str, right: str) -> str:
    if not left or not right:
        return MISSING
    return EXACT if left == right else DIFFERENT


def wording(left: str, right: str) -> str:
    if not left or not right:
        return MISSING
    if left == right:
        return EXACT
    return "similar" if similarity(left, right, score_cutoff=SIMILAR_PLACE) else DIFFERENT


def _postal(left: str, right: str) -> str:
    if not left or not right:
        return MISSING
    if left == right:
        return EXACT
    return "typo" if distance(left, right, score_cutoff=1) == 1 else DIFFERENT


def _lines(left: tuple[str, ...], right: tuple[str, ...]) -> str:
    if not left or not right:
        return MISSING
    for line in left:
        if line in right:
            return EXACT
    for line in left:
        for other in right:
            if similarity(line, other, score_cutoff=SIMILAR_PLACE):
                return "similar"
    return DIFFERENT
