"""What other thresholds would change, before they are put to use."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from patients.domain.matching.comparison import Grade, Standing, graded
from patients.domain.matching.weights import Thresholds


@dataclass(frozen=True, slots=True)
class Score:
    """What is kept of a comparison to grade it again: no weights, no words, no values."""

    probability: float
    standing: Standing


@dataclass(frozen=True, slots=True)
class Simulation:
    """`moves`: how many pairs go from one grade to another, by (before, after); none that stay."""

    pairs: int
    moves: Mapping[tuple[Grade, Grade], int]

    @property
    def change_side(self) -> int:
        return sum(self.moves.values())

    @property
    def gain_link(self) -> int:
        """Pairs that may link by themselves and may not now."""
        return sum(pairs for (_, after), pairs in self.moves.items() if after is Grade.CERTAIN)

    @property
    def lose_link(self) -> int:
        return sum(pairs for (before, _), pairs in self.moves.items() if before is Grade.CERTAIN)


def simulate(scores: Iterable[Score], before: Thresholds, after: Thresholds) -> Simulation:
    """Of `scores` as stored, in one pass."""
    moves: Counter[tuple[Grade, Grade]] = Counter()
    pairs = 0
    for score in scores:
        pairs += 1
        old = graded(score.probability, score.standing, before)
        new = graded(score.probability, score.standing, after)
        if old is not new:
            moves[old, new] += 1
    return Simulation(pairs, moves)
