"""In which lists, and in which order, a search looks."""

from collections.abc import Iterator
from dataclasses import dataclass

from patients.domain.findable import Findable
from patients.domain.patient import Patient
from patients.domain.search.asking import Typos
from patients.domain.search.criteria import Criteria
from patients.domain.search.match import Begins, Exactly
from patients.domain.search.names import Known
from patients.domain.search.places import Identified, Keyed, Keys, Listed, Named, Place

Position = tuple[int, Keys]
"""The number of a list, and keys in its order."""
_ALL_WORDS = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """Lists in their order: of the words as typed, what is seldom meant by them, words one letter off."""

    typed: tuple[Place, ...]
    seldom: tuple[Place, ...] = ()
    typos: tuple[Named, ...] = ()

    def first_lists(self) -> list[tuple[int, Place]]:
        """By number."""
        return list(enumerate(self.typed))

    def seldom_lists(self) -> list[tuple[int, Place]]:
        return list(enumerate(self.seldom, len(self.typed)))

    def misspelt(self) -> list[tuple[int, Place]]:
        numbered = enumerate(self.typos, len(self.typed + self.seldom))
        return [(number, place) for number, place in numbered if not place.is_empty]

    def is_misspelt(self, position: Position) -> bool:
        return position[0] >= len(self.typed + self.seldom)

    def first(self, patient: Patient, keys: Findable) -> Position | None:
        """Where the patient is answered: the first of their places."""
        return next(self._places(patient, keys), None)

    def _places(self, patient: Patient, keys: Findable) -> Iterator[Position]:
        for number, place in enumerate(self.typed + self.seldom + self.typos):
            found = min(place.places(patient, keys), default=None)
            if found is not None:
                yield number, found


def plan(criteria: Criteria, known: Known | None = None) -> Plan:
    """Driven by what is rarest. `known`: words one letter off, where they are wanted."""
    names = criteria.names
    places = tuple(_strict(criteria))
    if not _by_name(criteria):
        return Plan(places)
    return Plan(places, tuple(names.twice()), tuple(names.typos(known)) if known else ())


def unknown(criteria: Criteria) -> list[tuple[str, str]]:
    """Kind and word of which the dictionary's words one letter off are wanted; none where no name drives."""
    if criteria.search.typos is Typos.NO or criteria.names.exact:
        return []
    return criteria.names.unknown() if _by_name(criteria) else []


def _by_name(criteria: Criteria) -> bool:
    return criteria.names.letters() > 0 and isinstance(next(_strict(criteria)), Named)


def in_sql(criteria: Criteria) -> bool:
    """Whether the lists and the filters of a query say all of it, so that it can be counted there."""
    search, names = criteria.search, criteria.names
    words = names.family + names.given + names.words
    terms = (search.postal_code, search.city, search.line, search.state, search.country, search.address)
    exact = names.exact or any(term.exact for term in (*terms, search.mothers_maiden_name) if term)
    first = next(_strict(criteria))
    named = isinstance(first, Named)
    return (
        not exact
        and not criteria.systems
        and len(words) <= (_ALL_WORDS if named else 0)
        and (len(criteria.identifiers) == (1 if isinstance(first, Identified) else 0))
        and (criteria.maiden is None or isinstance(first, Keyed))
    )


def _strict(criteria: Criteria) -> Iterator[Place]:
    if criteria.search.ids:
        yield Listed(criteria.search.ids)
    elif criteria.identifiers:
        yield min(criteria.identifiers, key=lambda identifier: identifier.system is None)
    elif criteria.phone or criteria.email:
        yield (
            Keyed("phone", Exactly(criteria.phone))
            if criteria.phone
            else Keyed("email", Exactly(criteria.email or ""))
        )
    elif criteria.maiden and not criteria.names.letters():
        yield Keyed("maiden", Exactly(criteria.maiden.key))
        yield Keyed("maiden", Begins(criteria.maiden.key, longer=True))
    elif criteria.names.letters():
        yield from criteria.names.strict()
    else:
        yield Named(None, None)
