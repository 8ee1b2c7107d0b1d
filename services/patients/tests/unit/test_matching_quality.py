import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients.domain.matching.comparison import Grade, Standing
from patients.domain.matching.quality import Band, quality, wilson
from patients.domain.matching.simulation import Score, simulate
from patients.domain.matching.weights import Thresholds

LOOSE = Thresholds(possible=0.01, probable=0.5, certain=0.99)
STRICT = Thresholds(possible=0.01, probable=0.5, certain=0.9999)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
        (15, 148, 0.0624, 0.1605),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(successes: int, trials: int, low: float, high: float) -> None:
    interval = wilson(successes, trials)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


def test_a_fair_sample_of_one_band_has_wilsons_interval() -> None:
    precision = quality([Band(pairs=10**9, labelled=263, same=81, linked=True)]).precision
    assert precision is not None
    assert precision.value == 81 / 263
    assert precision.interval.low == pytest.approx(0.2553, abs=2e-3)
    assert precision.interval.high == pytest.approx(0.3662, abs=2e-3)


def test_a_band_counts_by_its_pairs_and_not_by_its_labels() -> None:
    sure = Band(pairs=9_000, labelled=10, same=10, linked=True)
    doubtful = Band(pairs=1_000, labelled=100, same=50, linked=True)
    precision = quality([sure, doubtful]).precision
    assert precision is not None
    assert precision.value == pytest.approx(0.95)


def test_recall_counts_the_people_in_bands_that_are_not_linked() -> None:
    above, below = Band(100, 50, 50, linked=True), Band(1_000, 100, 10, linked=False)
    recall = quality([above, below]).recall
    assert recall is not None
    assert recall.value == pytest.approx(0.5)
    assert recall.interval.low < 0.5 < recall.interval.high


def test_doubt_about_what_is_linked_is_no_doubt_about_what_is_missed() -> None:
    linked, rest = Band(1_000, 100, 50, linked=True), Band(1_000, 100, 0, linked=False)
    recall = quality([linked, rest]).recall
    assert recall is not None
    assert recall.interval.low > 0.8


def test_without_labels_nothing_is_known() -> None:
    unknown = quality([Band(100, 0, 0, linked=True), Band(100, 10, 5, linked=False)])
    assert unknown.precision is None
    assert unknown.recall is None
    assert quality([]).precision is None


def test_a_band_without_pairs_is_no_obstacle() -> None:
    assert quality([Band(0, 0, 0, linked=True), Band(100, 10, 9, linked=True)]).precision is not None


@given(
    st.lists(
        st.tuples(st.integers(1, 1000), st.integers(1, 50), st.integers(0, 50), st.booleans()), min_size=1
    )
)
def test_an_estimate_lies_in_its_interval(drawn: list[tuple[int, int, int, bool]]) -> None:
    bands = [Band(pairs + size, size, min(same, size), linked) for pairs, size, same, linked in drawn]
    for estimate in (quality(bands).precision, quality(bands).recall):
        if estimate is not None:
            assert 0 <= estimate.interval.low <= estimate.value + 1e-9
            assert estimate.value - 1e-9 <= estimate.interval.high <= 1


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    chance = random.Random(7)  # noqa: S311  repeatable
    truth, held = (8_000 * 0.99 + 2_000 * 0.7) / 10_000, 0
    for _ in range(400):
        seen = [sum(chance.random() < share for _ in range(60)) for share in (0.99, 0.7)]
        bands = [Band(8_000, 60, seen[0], linked=True), Band(2_000, 60, seen[1], linked=True)]
        precision = quality(bands).precision
        assert precision is not None
        held += precision.interval.low <= truth <= precision.interval.high
    assert held / 400 > 0.93


def test_the_simulator_counts_the_pairs_that_change_side() -> None:
    scores = [
        Score(0.995, Standing.ELIGIBLE),
        Score(0.995, Standing.REFUSED),
        Score(0.995, Standing.PROVEN),
        Score(0.99999, Standing.ELIGIBLE),
        Score(0.2, Standing.ELIGIBLE),
    ]
    stricter, looser = simulate(scores, LOOSE, STRICT), simulate(scores, STRICT, LOOSE)
    assert stricter.moves == {(Grade.CERTAIN, Grade.PROBABLE): 1}
    assert (stricter.pairs, stricter.change_side, stricter.lose_link, stricter.gain_link) == (5, 1, 1, 0)
    assert (looser.change_side, looser.lose_link, looser.gain_link) == (1, 0, 1)


@given(
    st.lists(st.builds(Score, st.floats(0, 1), st.sampled_from(Standing))),
    st.lists(st.floats(0.001, 0.999), min_size=3, max_size=3).map(sorted),
)
def test_the_same_thresholds_move_nothing_and_refused_pairs_never_link(
    scores: list[Score], limits: list[float]
) -> None:
    other = Thresholds(possible=limits[0], probable=limits[1], certain=limits[2])
    assert simulate(scores, other, other).change_side == 0
    refused = [score for score in scores if score.standing in (Standing.REFUSED, Standing.RELATIVES)]
    assert simulate(refused, STRICT, other).gain_link == 0
