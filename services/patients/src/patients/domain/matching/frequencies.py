"""How common names are in one registry: a rare name in common is stronger evidence."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from patients.domain.matching.traits import Traits


@dataclass(frozen=True, slots=True)
class NameFrequencies:
    """Records per family name and per first given name, of `records`. Empty: all names are average."""

    records: int = 0
    family: Mapping[str, int] = field(default_factory=dict)
    given: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, population: Iterable[Traits]) -> "NameFrequencies":
        family: Counter[str] = Counter()
        given: Counter[str] = Counter()
        records = 0
        for traits in population:
            records += 1
            family.update({name.family for name in traits.names if name.family})
            given.update({name.given[0] for name in traits.names if name.given})
        return cls(records, family, given)
