"""Two records side by side, before anything is weighed."""

from typing import NamedTuple

from rapidfuzz.distance.OSA import distance

from patients.domain.matching.births import compare_births
from patients.domain.matching.names import NamesCompared, compare_names
from patients.domain.matching.places import compare_places, same, wording
from patients.domain.matching.traits import Traits
from patients.domain.matching.vocabulary import CHECKED, DIFFERENT, EXACT, FIELDS, MISSING

#: Of shorter numbers one character makes another person's.
SHORTEST_IDENTIFIER_WITH_TYPO = 6
_SEXES = frozenset({"female", "male"})


class Observation(NamedTuple):
    """`outcomes` in the order of the vocabulary's fields."""

    outcomes: tuple[str, ...]
    names: NamesCompared


def observe(a: Traits, b: Traits) -> Observation:
    """Symmetrical: the outcomes do not depend on which record comes first."""
    names = compare_names(a, b)
    place = compare_places(a, b)
    gender = MISSING if a.gender not in _SEXES or b.gender not in _SEXES else same(a.gender, b.gender)
    return Observation(
        (
            names.family,
            names.given,
            compare_births(a, b),
            gender,
            *place,
            _any_of(a.phones, b.phones),
            _any_of(a.emails, b.emails),
            _identifiers(a, b),
            wording(a.mothers_maiden, b.mothers_maiden),
        ),
        names,
    )


def _any_of(left: frozenset[str], right: frozenset[str]) -> str:
    if not left or not right:
        return MISSING
    return DIFFERENT if left.isdisjoint(right) else EXACT


def _identifiers(a: Traits, b: Traits) -> str:
    if not a.identifiers or not b.identifiers:
        return MISSING
    shared = a.identifiers & b.identifiers
    if shared:
        return EXACT if shared.isdisjoint(a.checked | b.checked) else CHECKED
    found = MISSING
    for one in a.identifiers:
        for other in b.identifiers:
            if one[0] == other[0]:
                if not (one in a.checked and other in b.checked) and _one_character_off(one[1], other[1]):
                    return "typo"
                found = DIFFERENT
    return found


def _one_character_off(left: str, right: str) -> bool:
    shortest = min(len(left), len(right))
    return shortest >= SHORTEST_IDENTIFIER_WITH_TYPO and distance(left, right, score_cutoff=1) == 1


POSITION = {field.name: index for index, field in enumerate(FIELDS)}
