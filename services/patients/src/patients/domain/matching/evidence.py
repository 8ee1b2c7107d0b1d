"""What a weight cannot say: whether the kinds of evidence are independent, and what outweighs any weight."""

from collections.abc import Sequence
from enum import StrEnum

from patients.domain.matching.observation import POSITION
from patients.domain.matching.traits import Traits
from patients.domain.matching.vocabulary import CHECKED, DIFFERENT, EXACT, MISSING

#: Years between parent and child of one name; fewer are a slip of the pen.
GENERATION = 12


class Group(StrEnum):
    """Kinds of evidence that are mistaken independently of each other."""

    NAME = "name"
    BIRTH = "birth"
    IDENTIFIER = "identifier"
    CONTACT = "contact"
    ADDRESS = "address"


class Veto(StrEnum):
    """Why these may be two people, however much agrees: mostly two of one family."""

    SUFFIX = "generational-suffix"
    TWINS = "twins"
    PARENT_CHILD = "parent-and-child"
    HOUSEHOLD = "one-household"
    IDENTIFIERS = "identifiers-contradict"


class Refusal(StrEnum):
    """Why a pair is for a person to decide."""

    NAME_AND_BIRTH_ONLY = "name-and-birth-date-only"
    NEITHER_FIRST_NAME_NOR_BIRTH = "neither-given-name-nor-birth-date-agrees"
    GIVEN_NOT_THE_SAME = "given-name-not-the-same"
    BIRTH_NOT_THE_SAME = "birth-date-not-the-same"
    SEX_DIFFERS = "sex-differs"
    IDENTIFIER_DIFFERS = "identifier-differs"
    SUFFIX = "generational-suffix"
    TWINS = "twins"
    PARENT_CHILD = "parent-and-child"
    HOUSEHOLD = "one-household"
    IDENTIFIERS = "identifiers-contradict"


_FAMILY, _GIVEN, _BIRTH = POSITION["family"], POSITION["given"], POSITION["birth_date"]
_GENDER, _STREET, _HOUSE = POSITION["gender"], POSITION["street"], POSITION["house"]
_POSTAL, _PHONE, _EMAIL = POSITION["postal"], POSITION["phone"], POSITION["email"]
_IDENTIFIER = POSITION["identifier"]
_SAME_NAME = frozenset({EXACT, "typo", "part"})
_SAME_BIRTH = frozenset({EXACT, "swapped"})
_ALMOST_SAME_BIRTH = frozenset({EXACT, "swapped", "typo"})


def groups(outcomes: Sequence[str]) -> frozenset[Group]:
    """Kinds of evidence of which enough agrees."""
    place = outcomes[_STREET] == EXACT and EXACT in (outcomes[_HOUSE], outcomes[_POSTAL])
    found = {
        Group.NAME: outcomes[_FAMILY] in _SAME_NAME and outcomes[_GIVEN] in _SAME_NAME,
        Group.BIRTH: outcomes[_BIRTH] in _SAME_BIRTH,
        Group.IDENTIFIER: has_identifier(outcomes),
        Group.CONTACT: EXACT in (outcomes[_PHONE], outcomes[_EMAIL]),
        Group.ADDRESS: place,
    }
    return frozenset(group for group, agrees in found.items() if agrees)


def vetoes(a: Traits, b: Traits, outcomes: Sequence[str]) -> tuple[Veto, ...]:
    found = []
    if a.suffix and b.suffix and a.suffix != b.suffix:
        found.append(Veto.SUFFIX)
    if _twins(a, b, outcomes):
        found.append(Veto.TWINS)
    if outcomes[_BIRTH] == DIFFERENT:
        if outcomes[_GIVEN] == DIFFERENT:
            found.append(Veto.HOUSEHOLD)
        elif outcomes[_GIVEN] != MISSING and _years_apart(a, b) >= GENERATION:
            found.append(Veto.PARENT_CHILD)
    if has_identifier(outcomes) and _contradict(a, b):
        found.append(Veto.IDENTIFIERS)
    return tuple(found)


def _twins(a: Traits, b: Traits, outcomes: Sequence[str]) -> bool:
    if a.birth_order and b.birth_order and a.birth_order != b.birth_order:
        return True
    if outcomes[_GIVEN] in (EXACT, MISSING) or outcomes[_BIRTH] == DIFFERENT:
        return False
    return outcomes[_GENDER] == DIFFERENT or (a.multiple_birth and b.multiple_birth)


def _contradict(a: Traits, b: Traits) -> bool:
    """Of one system they have numbers, and none in common."""
    left, right = {system for system, _ in a.identifiers}, {system for system, _ in b.identifiers}
    return not left & right <= {system for system, _ in a.identifiers & b.identifiers}


def _years_apart(a: Traits, b: Traits) -> int:
    return abs(int(a.birth_digits[:4]) - int(b.birth_digits[:4]))


def automatic_refusals(outcomes: Sequence[str], found: Sequence[Veto]) -> tuple[Refusal, ...]:
    """Empty when two kinds of evidence agree, one beyond name and birth date, and none contradicts.

    Without an identifier, all that is beyond them is shared by a household: then given name and birth date
    have to be the same, or twins called Marta and Maria would be one.
    """
    agreeing, numbered = groups(outcomes), has_identifier(outcomes)
    given, birth = outcomes[_GIVEN], outcomes[_BIRTH]
    reasons = {
        Refusal.NAME_AND_BIRTH_ONLY: len(agreeing) < 2 or agreeing <= {Group.NAME, Group.BIRTH},
        Refusal.NEITHER_FIRST_NAME_NOR_BIRTH: given not in _SAME_NAME and birth not in _SAME_BIRTH,
        Refusal.GIVEN_NOT_THE_SAME: given == DIFFERENT or (given != EXACT and not numbered),
        Refusal.BIRTH_NOT_THE_SAME: birth == DIFFERENT or (birth not in _ALMOST_SAME_BIRTH and not numbered),
        Refusal.SEX_DIFFERS: outcomes[_GENDER] == DIFFERENT,
        Refusal.IDENTIFIER_DIFFERS: outcomes[_IDENTIFIER] == DIFFERENT,
    }
    return (*(Refusal(veto) for veto in found), *(reason for reason, holds in reasons.items() if holds))


def is_recognised(outcomes: Sequence[str]) -> bool:
    """By given name and birth date: of such a person it may be believed that they moved."""
    return outcomes[_GIVEN] in _SAME_NAME and outcomes[_BIRTH] in _ALMOST_SAME_BIRTH


def has_identifier(outcomes: Sequence[str]) -> bool:
    return outcomes[_IDENTIFIER] in (CHECKED, EXACT)


def is_proof(outcomes: Sequence[str]) -> bool:
    """A number that cannot be a misprint, with the name and the birth date it belongs to."""
    return outcomes[_IDENTIFIER] == CHECKED and {Group.NAME, Group.BIRTH} <= groups(outcomes)
