"""Which lines of a chunk are new people, which are known, and which claim what is somebody else's."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from patients.domain.findable import NameKey

HeldKey = tuple[str, str]
"""System and value key of an identifier that one person has at a time."""


class Person(NamedTuple):
    """What tells that somebody is clearly somebody else."""

    families: tuple[str, ...]
    givens: tuple[str, ...]
    birth_date: date | None

    @classmethod
    def of(cls, names: Iterable[NameKey], birth_date: date | None) -> "Person":
        families, givens = zip(*names, strict=True) if names else ((), ())
        return cls(families, givens, birth_date)

    def is_another_than(self, other: "Person") -> bool:
        """Family name, given names and birth date are all known of both, and all differ."""
        born = self.birth_date, other.birth_date
        return (
            _differ(self.families, other.families)
            and _differ(self.givens, other.givens)
            and None not in born
            and born[0] != born[1]
        )


def _differ(one: Iterable[str], other: Iterable[str]) -> bool:
    """An empty key says that there is no such name."""
    known, others = set(one) - {""}, set(other) - {""}
    return bool(known and others) and known.isdisjoint(others)


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
        if held.keys().isdisjoint(line.held):
            registered.append(line)
            held.update(dict.fromkeys(line.held, Holder(line.line, line.person)))
        elif _is_one_of(line, [held[key] for key in line.held if key in held]):
            known += 1
        else:
            refused.append(line.line)
    return Settled(registered, known, refused)


def _is_one_of(line: Ready, holders: Sequence[Holder]) -> bool:
    one = len({holder.survivor for holder in holders}) == 1
    return one and not all(line.person.is_another_than(holder.person) for holder in holders)
