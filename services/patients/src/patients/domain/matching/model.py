"""Two records in, a comparison out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Self

from patients.domain.matching.comparison import Comparison
from patients.domain.matching.evidence import is_recognised, vetoes
from patients.domain.matching.frequencies import NameFrequencies
from patients.domain.matching.names import NamesCompared
from patients.domain.matching.observation import POSITION, observe
from patients.domain.matching.traits import Traits
from patients.domain.matching.vocabulary import ADDRESS, CONTACT, EXACT, FIELDS, MISSING
from patients.domain.matching.weights import SHIPPED, Weights, shipped

_FAMILY, _GIVEN = POSITION["family"], POSITION["given"]
_ADDRESS = slice(POSITION[ADDRESS[0]], POSITION[ADDRESS[-1]] + 1)
_CONTACT = slice(POSITION[CONTACT[0]], POSITION[CONTACT[-1]] + 1)
_BY_FREQUENCY = frozenset({EXACT, "typo", "similar"})


@dataclass(frozen=True, slots=True)
class Model:
    """Compares in microseconds; safe to share between tasks and threads."""

    weights: Weights
    frequencies: NameFrequencies = field(default_factory=NameFrequencies)
    _bits: tuple[dict[str, float], ...] = field(init=False, repr=False)
    _average: tuple[float, float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bits", tuple(_table(self.weights, field.name) for field in FIELDS))
        fields = self.weights.fields
        object.__setattr__(self, "_average", (fields["family"][EXACT].u, fields["given"][EXACT].u))

    @classmethod
    def load(cls, version: str = SHIPPED, frequencies: NameFrequencies | None = None) -> Self:
        """With the weights that come with the package."""
        return cls(shipped(version), frequencies or NameFrequencies())

    @property
    def version(self) -> str:
        return self.weights.version

    def compare(self, a: Traits, b: Traits) -> Comparison:
        """The same in either order."""
        outcomes, names = observe(a, b)
        bits = [table[outcome] for table, outcome in zip(self._bits, outcomes, strict=True)]
        if self.frequencies.records:
            self._weigh_rarity(bits, outcomes, names)
        crossed = self.weights.crossed_names if names.crossed else 0.0
        address = sum(bits[_ADDRESS])
        moved = max(0.0, self.weights.address_floor - address) if is_recognised(outcomes) else 0.0
        household = min(0.0, self.weights.household_cap - (address + moved + sum(bits[_CONTACT])))
        return Comparison(
            sum(bits) + crossed + moved + household,
            outcomes,
            tuple(bits),
            crossed,
            moved,
            household,
            vetoes(a, b, outcomes),
            self.weights,
        )

    def _weigh_rarity(self, bits: list[float], outcomes: Sequence[str], names: NamesCompared) -> None:
        left, right = names.left, names.right
        if outcomes[_FAMILY] in _BY_FREQUENCY:
            counts, average = self.frequencies.family, self._average[0]
            bits[_FAMILY] += self._rarity(outcomes[_FAMILY], counts, (left.family, right.family), average)
        if outcomes[_GIVEN] in _BY_FREQUENCY:
            counts, average = self.frequencies.given, self._average[1]
            bits[_GIVEN] += self._rarity(outcomes[_GIVEN], counts, (left.given[0], right.given[0]), average)

    def _rarity(
        self, outcome: str, counts: Mapping[str, int], words: tuple[str, str], average: float
    ) -> float:
        """Bits to add for a rarer name than average, or to take for a more common one.

        What is only close never gains: the rarity of a name says nothing about how often it is misspelt.
        """
        inertia = self.weights.name_inertia
        count = max(counts.get(words[0], 0), counts.get(words[1], 0))
        rarity = log2(average * (self.frequencies.records + inertia) / (count + average * inertia))
        return rarity if outcome == EXACT else min(0.0, rarity)


def _table(weights: Weights, name: str) -> dict[str, float]:
    return {MISSING: 0.0, **{outcome: weight.bits for outcome, weight in weights.fields[name].items()}}
