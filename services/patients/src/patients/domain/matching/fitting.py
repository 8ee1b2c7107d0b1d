"""Learns the weights from records that nobody has labelled.

`u` comes from random pairs, which are strangers. `m` comes from EM over pairs that agree in a blocking key;
what the key is made of cannot be learnt from them. Two keys that share no field, birth date and full name,
teach all fields. Never a key of address or household: EM would learn what a family is, not a person.

W. E. Winkler, "Using the EM Algorithm for Weight Computation in the Fellegi-Sunter Model" (1988).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from patients.domain.matching.vocabulary import FIELDS, MISSING
from patients.domain.matching.weights import OutcomeWeights, Weights

#: How many observations an assumption is worth, and how many make an outcome known.
_ASSUMED_WORTH = 5.0
_SEEN = 0.5
_SETTLED = 1e-6
_ROUNDS = 500

Pattern = tuple[str, ...]
Patterns = Mapping[Pattern, int]
Shares = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Block:
    """Pairs that agree in one blocking key, counted by outcomes; `made_of` are the fields of the key."""

    made_of: frozenset[str]
    patterns: Patterns


@dataclass(frozen=True, slots=True)
class Expected:
    """How many pairs of a block are one person, and what is seen in those, field by field."""

    matches: float
    counts: Shares


def fit(
    assumed: Weights, random: Patterns, blocks: Sequence[Block], *, version: str, learnt_from: str
) -> Weights:
    """`random` are pairs of strangers. What no pair shows keeps the `assumed` weights."""
    strangers = count(random)
    u = {
        name: _mixed(strangers[name], {o: w.u for o, w in assumed.fields[name].items()}) for name in strangers
    }
    same: Shares = {field.name: {} for field in FIELDS}
    for block in blocks:
        for name, seen in expect(block, u, assumed).counts.items():
            for outcome, matches in seen.items():
                same[name][outcome] = same[name].get(outcome, 0.0) + matches
    fields = {name: _weigh(name, assumed, same[name], strangers[name]) for name in strangers}
    learnt = {"version": version, "learnt_from": learnt_from, "fields": fields}
    return Weights.model_validate({**dict(assumed), **learnt})


def count(patterns: Patterns) -> Shares:
    """How often each outcome is seen, field by field; what is missing is not seen."""
    counts: dict[str, Counter[str]] = {field.name: Counter() for field in FIELDS}
    for pattern, times in patterns.items():
        for field, outcome in zip(FIELDS, pattern, strict=True):
            if outcome != MISSING:
                counts[field.name][outcome] += times
    return {name: {outcome: float(times) for outcome, times in seen.items()} for name, seen in counts.items()}


def expect(block: Block, u: Shares, start: Weights) -> Expected:
    """EM with `u` fixed: in turn, how likely a pattern is one person, and what those show."""
    used = [(place, field.name) for place, field in enumerate(FIELDS) if field.name not in block.made_of]
    total = sum(block.patterns.values())
    m = {name: {outcome: w.m for outcome, w in start.fields[name].items()} for _, name in used}
    share, matches, counts = 0.5, 0.0, {name: dict[str, float]() for _, name in used}
    for _ in range(_ROUNDS):
        counts, matches = _expectation(block.patterns, used, m, u, share)
        m = {name: _mixed(counts[name], {o: w.m for o, w in start.fields[name].items()}) for _, name in used}
        before, share = share, min(max(matches / total, 1e-9), 1 - 1e-9) if total else share
        if abs(share - before) < _SETTLED:
            break
    return Expected(matches, counts)


def _expectation(
    patterns: Patterns, used: Sequence[tuple[int, str]], m: Shares, u: Shares, share: float
) -> tuple[Shares, float]:
    counts: Shares = {name: {} for _, name in used}
    matches = 0.0
    for pattern, times in patterns.items():
        odds = share / (1 - share)
        seen = [(name, pattern[place]) for place, name in used if pattern[place] != MISSING]
        for name, outcome in seen:
            odds *= m[name][outcome] / u[name][outcome]
        expected = times * odds / (1 + odds)
        matches += expected
        for name, outcome in seen:
            counts[name][outcome] = counts[name].get(outcome, 0.0) + expected
    return counts, matches


def _mixed(seen: Mapping[str, float], assumed: Mapping[str, float]) -> dict[str, float]:
    """Shares of what was seen, with the assumption counting for a few observations of each outcome."""
    total = sum(seen.values())
    raw = {
        outcome: (seen.get(outcome, 0.0) + _ASSUMED_WORTH) / (total + _ASSUMED_WORTH / share)
        for outcome, share in assumed.items()
    }
    return {outcome: share / sum(raw.values()) for outcome, share in raw.items()}


def _weigh(
    name: str, assumed: Weights, same: Mapping[str, float], strangers: Mapping[str, float]
) -> dict[str, OutcomeWeights]:
    before = assumed.fields[name]
    seen = {outcome for outcome in before if same.get(outcome, 0.0) >= _SEEN}
    if not seen:
        return before
    kept = {outcome: weight for outcome, weight in before.items() if outcome not in seen}
    m = _within(seen, same, {o: before[o].m for o in seen}, 1 - sum(w.m for w in kept.values()))
    u = _within(seen, strangers, {o: before[o].u for o in seen}, 1 - sum(w.u for w in kept.values()))
    learnt = {o: OutcomeWeights(m=_rounded(m[o]), u=_rounded(u[o]), basis="learnt") for o in seen}
    return {outcome: learnt.get(outcome, before[outcome]) for outcome in before}


def _within(
    seen: set[str], counts: Mapping[str, float], assumed: Mapping[str, float], mass: float
) -> dict[str, float]:
    shares = _mixed({o: counts.get(o, 0.0) for o in seen}, assumed)
    return {outcome: share * mass for outcome, share in shares.items()}


def _rounded(share: float) -> float:
    """To what it is good for, so that a file of weights can be read."""
    return float(f"{share:.4g}")
