"""Which lines of a chunk are new people, which are known, and which claim what is somebody else's."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from patients.domain.findable import Findable

HeldKey = tuple[str, str]
"""System and value key of an identifier that one person has at a time."""


class Person(NamedTuple):
    """What tells that somebody is clearly somebody else."""

    families: frozenset[str]
    givens: frozenset[str]
    birth_date: date | None

    @classmethod
    def of(cls, keys: Findable) -> "Person":
        families, givens = zip(*keys.names, strict=True) if keys.names else ((), ())
        return cls(frozenset(families) - {""}, frozenset(givens) - {""}, keys.birth_date)

    def is_another_than(self, other: "Person") -> bool:
        """Family name, given names and birth date are all known of both, and all differ."""
        return bool(
            self.families
            and other.families
            and self.families.isdisjoint(other.families)
            and self.givens
            and other.givens
            and self.givens.isdisjoint(other.givens)
            and self.birth_date
            and other.birth_date
            and self.birth_date != other.birth_date
        )


class Ready(NamedTuple):
    """A line that may be registered; `rows` is what the adapter writes of it, table by table."""

    line: int
    held: tuple[HeldKey, ...]
    person: Person
    words: tuple[tuple[str, str], ...]
    rows: tuple[str, ...]


class Holder(NamedTuple):
    """Who has an identifier. `survivor`: the id at the end of their merges."""

    survivor: UUID | int
    person: Person


class Settled(NamedTuple):
    registered: Sequence[Ready]
    known: int
    refused: Sequence[int]
    """Lines with an identifier that belongs to clearly another person, or to two."""


def settled(ready: Iterable[Ready], holders: Mapping[HeldKey, Holder]) -> Settled:
    """Lines in their order; an identifier that a line before has counts as one that was registered."""
    held = dict(holders)
    registered, known, refused = [], 0, []
    for line in ready:
        known_by = [held[key] for key in line.held if key in held]
        if not known_by:
            registered.append(line)
            held.update(dict.fromkeys(line.held, Holder(line.line, line.person)))
        elif _is_one_of(line, known_by):
            known += 1
        else:
            refused.append(line.line)
    return Settled(registered, known, refused)


def _is_one_of(line: Ready, holders: Sequence[Holder]) -> bool:
    one = len({holder.survivor for holder in holders}) == 1
    return one and not all(line.person.is_another_than(holder.person) for holder in holders)
