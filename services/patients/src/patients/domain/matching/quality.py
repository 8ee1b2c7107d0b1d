"""How good the links are, told from what people decided.

People look at doubtful pairs first, so their decisions are no fair sample of all pairs. Pairs are therefore
counted in bands of equal score: within a band the decided ones stand for all (stratified estimation,
Cochran 1977, ch. 5).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: Standard deviations on either side: 95 in 100 intervals hold the truth.
CONFIDENCE = 1.959964


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Band:
    """Pairs of similar score. `pairs` exist, `labelled` of them were decided, `same` of these are one person.

    `linked`: the rule under test links this band.
    """

    pairs: int
    labelled: int
    same: int
    linked: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """None where nothing was labelled that would tell.

    Recall is of the pairs that were compared at all; what blocking missed is in no band.
    """

    precision: Estimate | None
    recall: Estimate | None


def wilson(successes: float, trials: float, confidence: float = CONFIDENCE) -> Interval:
    """Of a share, also from few trials and near 0 or 1 (E. B. Wilson, JASA 22, 1927). Trials > 0."""
    share, squared = successes / trials, confidence * confidence
    middle = (share + squared / (2 * trials)) / (1 + squared / trials)
    spread = share * (1 - share) / trials + squared / (4 * trials * trials)
    half = confidence * math.sqrt(spread) / (1 + squared / trials)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def quality(bands: Sequence[Band]) -> Quality:
    """A band that has pairs but no label makes what it takes part in unknown."""
    return Quality(_precision([band for band in bands if band.linked and band.pairs]), _recall(bands))


def _precision(linked: Sequence[Band]) -> Estimate | None:
    if not linked or not all(band.labelled for band in linked):
        return None
    total = sum(band.pairs for band in linked)
    value = sum(band.pairs * _share(band) for band in linked) / total
    variance = sum((band.pairs / total) ** 2 * _variance(band) for band in linked)
    return _estimate(value, variance, sum(band.labelled for band in linked))


def _recall(bands: Sequence[Band]) -> Estimate | None:
    occupied = [band for band in bands if band.pairs]
    if not all(band.labelled for band in occupied):
        return None
    total = sum(band.pairs * _share(band) for band in occupied)
    if total == 0:
        return None
    value = sum(band.pairs * _share(band) for band in occupied if band.linked) / total
    # Of a ratio, by its derivatives: one more match counts 1 - value in a linked band, else -value.
    variance = sum(
        (band.pairs / total * (1 - value if band.linked else value)) ** 2 * _variance(band)
        for band in occupied
    )
    return _estimate(value, variance, sum(band.same for band in occupied))


def _estimate(value: float, variance: float, labels: int) -> Estimate:
    """Wilson's interval of as many fair labels as would be this sure."""
    inner = min(max(value, 0.5 / (labels + 1)), 1 - 0.5 / (labels + 1))
    trials = min(inner * (1 - inner) / variance, float(labels)) if variance else float(labels)
    return Estimate(value, wilson(value * trials, trials))


def _share(band: Band) -> float:
    return band.same / band.labelled


def _variance(band: Band) -> float:
    """Of the share, never 0 from luck alone (Agresti and Coull); 0 when every pair was labelled."""
    share = (band.same + 1) / (band.labelled + 2)
    unlabelled = 1 - min(band.labelled / band.pairs, 1)
    return share * (1 - share) / band.labelled * unlabelled
