"""How well the registry tells people apart (`make bench-matching`); the last line is one JSON object.

Every pair is proposed by the product's blocking, weighed by the product's model and linked by one rule for
all sets: grade `possible` or better (probability of 0.01 with the prior of the registry's size), which is all
that the registry would show. The weights were learnt without labels; this rule, the blocking keys and the
limits on evidence from addresses were settled with results on these sets in view. The shipped weights come
from Febrl4 without its social security number, the rest is assumed (bench/fit_matching.py). Name frequencies
are those of the set.

Febrl4 is two files of which each holds nobody twice and everybody of the other: knowing that, a record has
one partner at most (one-to-one) and one is expected. Febrl3 and RLdata10000 are deduplicated as a registry
would be. Splink weighs the same pairs, gets the same one-to-one assignment and then, with the labels, the
threshold of its best F1. (With pairs that agree in any one field, 224 thousand, which no registry of
millions can afford, both find all 5,000 without an error: on Febrl4 it is blocking that decides.)

`auto_name_dob` counts automatic links when a record has nothing but names and birth date.
"""

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

from patients.domain.matching import blocking
from patients.domain.matching.assignment import one_to_one
from patients.domain.matching.comparison import Comparison, Grade
from patients.domain.matching.decision import Action, Candidate, decide
from patients.domain.matching.frequencies import NameFrequencies
from patients.domain.matching.model import Model
from patients.domain.matching.weights import shipped

from bench import matching_data, matching_packages
from bench.matching_data import Dataset, Pair

Figures = dict[str, float]


def main() -> None:
    packages = matching_packages.prepare()
    febrl4 = matching_data.febrl4(packages, ssn=False)
    rldata = matching_data.rldata10000(packages)
    figures = {
        "febrl4_no_ssn": linked("Febrl4", febrl4),
        "febrl4_ssn": linked("Febrl4 with social security number", matching_data.febrl4(packages, ssn=True)),
        "febrl3": linked("Febrl3", matching_data.febrl3(packages)),
        "rldata10000": {"f1": f1(linked("RLdata10000", rldata))},
        "auto_name_dob": automatic(rldata) + automatic(matching_data.name_and_birth(febrl4)),
        "splink_febrl4_no_ssn": splink(packages, febrl4),
    }
    print(json.dumps(figures))


def compared(data: Dataset) -> dict[Pair, Comparison]:
    weights = shipped()
    if data.right is not None:
        weights = weights.model_copy(update={"expected_matches": 1.0})
    model = Model(weights, NameFrequencies.of(data.every))
    return {
        (left, right): model.compare(data.left[left], data.others[right])
        for left, right in blocking.pairs(data.left, data.right)
    }


def linked(name: str, data: Dataset) -> Figures:
    started = time.perf_counter()
    comparisons = compared(data)
    shown = [
        (comparison.weight, *pair)
        for pair, comparison in sorted(comparisons.items())
        if comparison.grade(len(data.others)) is not Grade.CERTAINLY_NOT
    ]
    chosen = one_to_one(shown) if data.right is not None else [(left, right) for _, left, right in shown]
    figures = measured(chosen, data.true)
    found = len(comparisons.keys() & data.true) / len(data.true)
    seconds = time.perf_counter() - started
    say(
        name,
        figures,
        f"{len(comparisons)} pairs compared, blocking finds {found:.4f}, {seconds:.1f} s in all",
    )
    return figures


def automatic(data: Dataset) -> int:
    """Links that `decide` makes without a person, each record in turn being new."""
    model, size = Model(shipped(), NameFrequencies.of(data.every)), len(data.others)
    candidates: defaultdict[int, list[Candidate[int]]] = defaultdict(list)
    for (left, right), comparison in compared(data).items():
        candidates[left].append(Candidate(right, comparison))
        if data.right is None:
            candidates[right].append(Candidate(left, comparison))
    decisions = (decide(found, registry_size=size, version=model.version) for found in candidates.values())
    return sum(decision.action is Action.LINK for decision in decisions)


def splink(packages: Path, data: Dataset) -> Figures:
    keys = matching_packages.FOLDER / "keys.json"
    keys.write_text(json.dumps(shared_keys(packages, data)))
    command = (matching_packages.PYTHON, Path(__file__).parent / "matching_splink.py", packages, keys)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603  fixed arguments
    rows = [(weight, person(left), person(right)) for left, right, weight in json.loads(done.stdout)]
    figures, links = best_f1(one_to_one(sorted(rows, key=lambda row: row[1:])), len(data.true))
    found = sum(left == right for _, left, right in rows) / len(data.true)
    say("Splink on Febrl4", figures, f"{len(rows)} pairs weighed, blocking finds {found:.4f}, {links} links")
    return figures


def shared_keys(packages: Path, data: Dataset) -> dict[str, dict[str, list[int]]]:
    """Of both files by record, as numbers: what the left looks for and the right is found under."""
    left = [blocking.probes(traits) for traits in data.left]
    right = [blocking.keys(traits) for traits in data.others]
    number = {
        key: place for place, key in enumerate(sorted(frozenset().union(*left) & frozenset().union(*right)))
    }
    return {
        which: {
            row["rec_id"]: [number[key] for key in keys if key in number]
            for row, keys in zip(matching_data.febrl_rows(packages, which), of_file, strict=True)
        }
        for which, of_file in (("4a", left), ("4b", right))
    }


def person(record: str) -> str:
    return matching_data.entity({"rec_id": record})


def best_f1(pairs: Iterable[tuple[str, str]], people: int) -> tuple[Figures, int]:
    """Of all beginnings of `pairs`, which come best first."""
    best, links, right = {"precision": 0.0, "recall": 0.0}, 0, 0
    for total, (one, other) in enumerate(pairs, 1):
        right += one == other
        figures = {"precision": right / total, "recall": right / people}
        if f1(figures) > f1(best):
            best, links = figures, total
    return best, links


def measured(links: Collection[Pair], true: Collection[Pair]) -> Figures:
    right = len(set(links) & set(true))
    return {"precision": right / len(links), "recall": right / len(true)}


def f1(figures: Figures) -> float:
    precision, recall = figures["precision"], figures["recall"]
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def say(name: str, figures: Figures, how: str) -> None:
    line = f"{name:36} P {figures['precision']:.4f} R {figures['recall']:.4f} F1 {f1(figures):.4f}"
    print(f"{line}  ({how})", file=sys.stderr)


if __name__ == "__main__":
    main()
