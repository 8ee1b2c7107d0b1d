"""What comparing two records came to: bits and words, field by field and in all."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from patients.domain.matching.evidence import Refusal, Veto, automatic_refusals, has_identifier, is_proof
from patients.domain.matching.sentences import sentence
from patients.domain.matching.vocabulary import FIELDS, Level
from patients.domain.matching.weights import Thresholds, Weights

#: A registry that has just begun knows nothing of how many namesakes there are in the world.
SMALLEST_REGISTRY = 1000
_LARGEST_EXPONENT = 1000.0
_CROSSED = "family and given name are exchanged"
_MOVED = "people move: an address that differs in all its parts counts as one difference"
_HOUSEHOLD = "address and telephone may be those of a whole household"


class Grade(StrEnum):
    """FHIR's match grades (http://terminology.hl7.org/CodeSystem/match-grade)."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    CERTAINLY_NOT = "certainly-not"


class Standing(StrEnum):
    """What the kinds of evidence allow, whatever the weight.

    Relatives are at most possible; what is refused is for a person to decide; what is eligible may be
    linked above the threshold, and what is proven as soon as it is probable.
    """

    RELATIVES = "relatives"
    REFUSED = "refused"
    ELIGIBLE = "eligible"
    PROVEN = "proven"


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """One bar of the waterfall. `phrase` holds no values."""

    field: str
    outcome: str
    level: Level
    bits: float
    phrase: str


class Comparison(NamedTuple):
    """`weight` is the sum of all bits: evidence only, without the prior of a registry's size."""

    weight: float
    outcomes: tuple[str, ...]
    bits: tuple[float, ...]
    crossed_bits: float
    moved_bits: float
    household_bits: float
    vetoes: tuple[Veto, ...]
    weights: Weights

    @property
    def version(self) -> str:
        return self.weights.version

    @property
    def fields(self) -> tuple[FieldComparison, ...]:
        """All fields, and what had to be taken back, so that the bits add up to `weight`."""
        bars = [
            FieldComparison(
                one.name, outcome, one.outcomes[outcome].level, bits, one.outcomes[outcome].phrase
            )
            for one, outcome, bits in zip(FIELDS, self.outcomes, self.bits, strict=True)
        ]
        return (*bars, *self._corrections())

    def _corrections(self) -> list[FieldComparison]:
        bars = (
            ("name_order", "crossed", Level.CLOSE, self.crossed_bits, _CROSSED),
            ("move", "moved", Level.DISAGREE, self.moved_bits, _MOVED),
            ("household", "capped", Level.AGREE, self.household_bits, _HOUSEHOLD),
        )
        return [FieldComparison(*bar) for bar in bars if bar[3]]

    @property
    def sentence(self) -> str:
        levels = [
            (field.name, outcome, field.outcomes[outcome].level)
            for field, outcome in zip(FIELDS, self.outcomes, strict=True)
        ]
        return sentence(levels, crossed=bool(self.crossed_bits))

    def log_odds(self, registry_size: int) -> float:
        """Bits for "one person" against "two people", in a registry of so many records."""
        return self.weight + prior(self.weights, registry_size)

    def probability(self, registry_size: int) -> float:
        return probability(self.weight, self.weights, registry_size)

    def grade(self, registry_size: int, thresholds: Thresholds | None = None) -> Grade:
        """`certain` only where this pair could be linked without a person, were it the only candidate."""
        return graded(self.probability(registry_size), self.standing, thresholds or self.weights.thresholds)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Why this pair may not be linked without a person, whatever its probability."""
        return automatic_refusals(self.outcomes, self.vetoes)

    @property
    def standing(self) -> Standing:
        if self.vetoes and not has_identifier(self.outcomes):
            return Standing.RELATIVES
        if self.refusals:
            return Standing.REFUSED
        return Standing.PROVEN if is_proof(self.outcomes) else Standing.ELIGIBLE


def graded(probability: float, standing: Standing, limits: Thresholds) -> Grade:
    """A pure function of what is stored with a decision: other thresholds can be tried on it later."""
    if probability < limits.possible:
        return Grade.CERTAINLY_NOT
    if probability < limits.probable or standing is Standing.RELATIVES:
        return Grade.POSSIBLE
    proven = standing is Standing.PROVEN or (standing is Standing.ELIGIBLE and probability >= limits.certain)
    return Grade.CERTAIN if proven else Grade.PROBABLE


def probability(weight: float, weights: Weights, registry_size: int) -> float:
    """Of one person, from the bits of a comparison as stored and the weights that they are of."""
    odds = weight + prior(weights, registry_size)
    return 1 / (1 + math.exp2(min(max(-odds, -_LARGEST_EXPONENT), _LARGEST_EXPONENT)))


def prior(weights: Weights, registry_size: int) -> float:
    """Bits for "one person" before anything is compared: a larger registry has more strangers."""
    return math.log2(weights.expected_matches / max(registry_size, SMALLEST_REGISTRY))
