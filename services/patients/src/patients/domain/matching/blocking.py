"""Which records are worth comparing. The registry's SQL follows this list branch by branch.

A record is stored under its `keys` and finds others by its `probes`: two records are compared when a probe
of one is a key of the other. Apart from the misspelt names, which SQL finds through a dictionary of the
names that occur, each key is an equality on indexed columns.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from patients.domain.dates import Precision
from patients.domain.matching.traits import AddressTraits, Traits


class Kind(StrEnum):
    IDENTIFIER = "identifier"
    BIRTH = "birth"
    BIRTH_FAMILY = "birth-family"
    BIRTH_GIVEN = "birth-given"
    FAMILY_MONTH_DAY = "family-month-day"
    NAME_YEAR = "name-year"
    NAME = "name"
    MISSPELT = "misspelt"
    PHONE = "phone"
    EMAIL = "email"
    POSTAL_NAME = "postal-name"
    STREET_NAME = "street-name"
    HOUSE = "house"


class BlockingKey(NamedTuple):
    kind: Kind
    parts: tuple[str, ...]


def keys(traits: Traits) -> frozenset[BlockingKey]:
    """Under which a record is found."""
    return frozenset((*_common(traits), *_birth_keys(traits), *_name_keys(traits)))


def probes(traits: Traits) -> frozenset[BlockingKey]:
    """Where to look for records that may be this one. What is unknown looks nowhere."""
    return frozenset((*_common(traits), *_birth_probes(traits), *_name_probes(traits)))


def pairs(left: Sequence[Traits], right: Sequence[Traits] | None = None) -> set[tuple[int, int]]:
    """Positions worth comparing: `left` with `right`, or within `left` each pair once, lower first."""
    index: defaultdict[BlockingKey, list[int]] = defaultdict(list)
    for position, traits in enumerate(left if right is None else right):
        for key in keys(traits):
            index[key].append(position)
    found = {
        (position, other)
        for position, traits in enumerate(left)
        for probe in probes(traits)
        for other in index.get(probe, ())
    }
    return found if right is not None else {(min(pair), max(pair)) for pair in found if pair[0] != pair[1]}


def _common(traits: Traits) -> Iterator[BlockingKey]:
    yield from (BlockingKey(Kind.IDENTIFIER, identifier) for identifier in traits.identifiers)
    yield from (BlockingKey(Kind.PHONE, (phone,)) for phone in traits.phones)
    yield from (BlockingKey(Kind.EMAIL, (email,)) for email in traits.emails)
    words = {word for name in traits.names for word in (name.family, *name.given) if word}
    for address in traits.addresses:
        yield from _at(address, words)


def _at(address: AddressTraits, words: Iterable[str]) -> Iterator[BlockingKey]:
    """With any name, as family and given are often exchanged; or the whole address."""
    if address.postal:
        spellings = {spelling for word in words for spelling in deletions(word)}
        yield from (BlockingKey(Kind.POSTAL_NAME, (address.postal, spelling)) for spelling in spellings)
    for line in address.lines:
        yield from (BlockingKey(Kind.STREET_NAME, (line, word)) for word in words)
        # Without a house number too: it is often left in the line.
        for place in filter(None, (address.postal, address.city)):
            yield BlockingKey(Kind.HOUSE, (line, address.house, place))


def _birth_keys(traits: Traits) -> Iterator[BlockingKey]:
    day = _whole(traits)
    if day:
        yield from _on_day(traits, day)
        yield from _in_wrong_year(traits, day)


def _birth_probes(traits: Traits) -> Iterator[BlockingKey]:
    yield from _birth_keys(traits)
    day = _whole(traits)
    swapped = _swapped(day) if day else None
    if swapped:
        yield from (key for key in _on_day(traits, swapped) if key.kind is not Kind.BIRTH)


def _on_day(traits: Traits, day: date) -> Iterator[BlockingKey]:
    # A first of January is an unknown day more often than a birthday: too many strangers share it.
    if (day.month, day.day) != (1, 1):
        yield BlockingKey(Kind.BIRTH, (day.isoformat(),))
    for name in traits.names:
        if name.family:
            yield BlockingKey(Kind.BIRTH_FAMILY, (day.isoformat(), name.family))
        if name.given:
            yield BlockingKey(Kind.BIRTH_GIVEN, (day.isoformat(), name.given[0]))


def _in_wrong_year(traits: Traits, day: date) -> Iterator[BlockingKey]:
    for name in traits.names:
        if name.family:
            yield BlockingKey(Kind.FAMILY_MONTH_DAY, (name.family, f"{day:%m%d}"))


def _name_keys(traits: Traits) -> Iterator[BlockingKey]:
    year = traits.birth_digits[:4]
    for name in traits.names:
        if name.family and name.given:
            yield BlockingKey(Kind.NAME, (name.family, name.given[0]))
            yield BlockingKey(Kind.NAME_YEAR, (name.family, name.given[0], year))
            yield from _misspelt(name.family, name.given[0])


def _name_probes(traits: Traits) -> Iterator[BlockingKey]:
    year = traits.birth_digits[:4]
    years = [str(int(year) + step) for step in (-1, 0, 1)] if year else []
    for name in traits.names:
        if not (name.family and name.given):
            continue
        family, given = name.family, name.given[0]
        yield from (BlockingKey(Kind.NAME_YEAR, (family, given, each)) for each in (*years, ""))
        yield BlockingKey(Kind.NAME, (given, family))
        if not year:
            yield BlockingKey(Kind.NAME, (family, given))
        yield from _misspelt(family, given)


def _misspelt(family: str, given: str) -> Iterator[BlockingKey]:
    for one in deletions(family):
        yield from (BlockingKey(Kind.MISSPELT, (one, other)) for other in deletions(given))


def deletions(word: str) -> frozenset[str]:
    """The word, and the word without each of its letters.

    Words that are one letter more, less, other or exchanged apart have one of these in common (SymSpell's
    idea).
    """
    return frozenset((word, *(word[:place] + word[place + 1 :] for place in range(len(word)))))


def _whole(traits: Traits) -> date | None:
    return traits.birth_date if traits.birth_precision is Precision.DAY else None


def _swapped(day: date) -> date | None:
    return day.replace(month=day.day, day=day.month) if day.day <= 12 else None
