"""What is known of the matching: what other thresholds would change, and what people's decisions tell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from patients.domain.duplicates.pairs import PairState, Tally
from patients.domain.matching.comparison import Grade, graded, prior
from patients.domain.matching.quality import Band, Quality, quality
from patients.domain.matching.simulation import Score, Simulation, simulate
from patients.domain.matching.weights import Thresholds, Weights

_JUDGED = frozenset({PairState.SAME, PairState.DIFFERENT})


@dataclass(frozen=True, slots=True)
class Labels:
    """How many pairs people decided, and how many are still open or stay unsure."""

    same: int
    different: int
    unsure: int
    open: int


@dataclass(frozen=True, slots=True)
class Known:
    """`automatic`: of the rule that links what is certain; `ask`: of the one that asks from probable on."""

    labels: Labels
    automatic: Quality
    ask: Quality


def try_out(tallies: Sequence[Tally], weights: Weights, size: int, after: Thresholds) -> Simulation:
    """Every stored pair under today's thresholds and under others. `size` of the registry."""
    scores = (
        repeat(Score(_probability(tally, weights, size), tally.standing), tally.pairs) for tally in tallies
    )
    return simulate(chain.from_iterable(scores), weights.thresholds, after)


def known(tallies: Sequence[Tally], weights: Weights, size: int) -> Known:
    """Estimated in bands of one grade each."""
    grades = [
        (tally, graded(_probability(tally, weights, size), tally.standing, weights.thresholds))
        for tally in tallies
    ]
    labels = Labels(*(sum(t.pairs for t in tallies if t.state is state) for state in _ORDER))
    automatic = quality(list(_bands(grades, frozenset({Grade.CERTAIN}))))
    ask = quality(list(_bands(grades, frozenset({Grade.CERTAIN, Grade.PROBABLE}))))
    return Known(labels, automatic, ask)


_ORDER = (PairState.SAME, PairState.DIFFERENT, PairState.UNSURE, PairState.OPEN)


def _bands(grades: Sequence[tuple[Tally, Grade]], linked: frozenset[Grade]) -> Iterator[Band]:
    for grade in Grade:
        within = [tally for tally, each in grades if each is grade]
        yield Band(
            pairs=sum(tally.pairs for tally in within),
            labelled=sum(tally.pairs for tally in within if tally.state in _JUDGED),
            same=sum(tally.pairs for tally in within if tally.state is PairState.SAME),
            linked=grade in linked,
        )


def _probability(tally: Tally, weights: Weights, size: int) -> float:
    odds = min(max(tally.weight + prior(weights, size), -1000.0), 1000.0)
    return float(1 / (1 + 2.0**-odds))
