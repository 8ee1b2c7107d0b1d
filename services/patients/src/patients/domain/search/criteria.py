"""A search as keys: what it must be compared by, and whether it says enough."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from patients.domain.errors import SearchTermInvalid, SearchTooShort
from patients.domain.keys import city_key, email_key, line_key, phone_key, postal_key, search_key
from patients.domain.record import Address, PatientRecord
from patients.domain.search.asking import Search, Term
from patients.domain.search.match import Begins
from patients.domain.search.names import Names
from patients.domain.search.places import Identified

_ENOUGH_LETTERS = 2

#: Field of a search -> kind of key, how it is made, and which values it is made of.
_KINDS: Mapping[str, tuple[str, Callable[[str], str], Callable[[Address], tuple[str | None, ...]]]] = {
    "postal_code": ("postal", postal_key, lambda address: (address.postal_code,)),
    "city": ("city", city_key, lambda address: (address.city,)),
    "line": ("line", line_key, lambda address: address.line),
    "state": ("state", search_key, lambda address: (address.state,)),
    "country": ("country", search_key, lambda address: (address.country,)),
}


@dataclass(frozen=True, slots=True)
class Beginning:
    """A field of which a value begins so, by keys of one or more kinds; or is it as written, `exact`."""

    field: str
    keys: tuple[tuple[str, Begins], ...]
    values: Callable[[PatientRecord], tuple[str | None, ...]]
    exact: str | None


@dataclass(frozen=True, slots=True)
class Criteria:
    """`identifiers` have a value, `systems` are of identifiers with any value."""

    search: Search
    names: Names
    identifiers: tuple[Identified, ...]
    systems: tuple[str, ...]
    phone: str | None
    email: str | None
    beginnings: tuple[Beginning, ...]
    maiden: Begins | None

    @classmethod
    def of(cls, search: Search, region: str | None) -> "Criteria":
        """Raises SearchTooShort, SearchTermInvalid. `region`: of phone numbers without a country code."""
        maiden = search.mothers_maiden_name
        criteria = cls(
            search=search,
            names=Names.of(search),
            identifiers=tuple(Identified.of(system, value) for system, value in search.identifiers if value),
            systems=tuple(system for system, value in search.identifiers if system and not value),
            phone=_phone(search.phone, region),
            email=email_key(search.email) if search.email else None,
            beginnings=tuple(_beginnings(search)),
            maiden=Begins(_key(search_key, maiden.text)) if maiden else None,
        )
        return criteria.enough()

    def enough(self) -> "Criteria":
        """Itself; raises SearchTooShort when too many people would be shown to whoever asks for nobody."""
        if not (self.search.ids or self.identifiers or self.phone or self.email or self.named or self.born):
            raise SearchTooShort
        return self

    @property
    def named(self) -> bool:
        return self.names.letters() >= _ENOUGH_LETTERS or self.maiden_named

    @property
    def by_names(self) -> bool:
        """Of what a patient is found by, only names and the day of birth matter."""
        others = (self.identifiers, self.systems, self.phone, self.email, self.beginnings, self.maiden)
        return not any(others)

    @property
    def maiden_named(self) -> bool:
        return self.maiden is not None and len(self.maiden.key) >= _ENOUGH_LETTERS

    @property
    def born(self) -> bool:
        """On one day, and something else is said."""
        if not any(days.one_day for days in self.search.birth):
            return False
        return replace(self.search, birth=(), active=True, typos=Search().typos) != Search()


def _phone(text: str | None, region: str | None) -> str | None:
    if text is None:
        return None
    key = phone_key(text, region)
    if key is None:
        raise SearchTermInvalid("phone", "a telephone number, with its country's code")
    return key


def _beginnings(search: Search) -> list[Beginning]:
    fields = [_beginning(field, term) for field in _KINDS if (term := getattr(search, field)) is not None]
    if search.address is not None:
        fields.append(_anywhere(search.address))
    return fields


def _beginning(field: str, term: Term) -> Beginning:
    kind, make, values = _KINDS[field]
    keys = ((kind, Begins(_key(make, term.text))),)
    return Beginning(field, keys, partial(_values, values), term.text if term.exact else None)


def _anywhere(term: Term) -> Beginning:
    keys = tuple((kind, Begins(_key(make, term.text))) for kind, make, _ in _KINDS.values())
    return Beginning("address", keys, partial(_values, _parts), term.text if term.exact else None)


def _values(of: Callable[[Address], tuple[str | None, ...]], record: PatientRecord) -> tuple[str | None, ...]:
    return tuple(value for address in record.addresses for value in of(address))


def _parts(address: Address) -> tuple[str | None, ...]:
    return tuple(value for _, _, values in _KINDS.values() for value in values(address))


def _key(make: Callable[[str], str], text: str) -> str:
    key = make(text)
    if not key:
        raise SearchTooShort
    return key
