import random
from collections import Counter
from math import log2

import pytest
from patients.domain.matching.fitting import Block, Pattern, count, expect, fit
from patients.domain.matching.vocabulary import FIELDS, MISSING
from patients.domain.matching.weights import parse, shipped, write

BIRTH = frozenset({"birth_date"})
PLANTED = {"family": 0.8, "given": 0.7, "postal": 0.6, "house": 0.9}
CHANCE = {"family": 0.02, "given": 0.03, "postal": 0.01, "house": 0.05}


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  repeatable


def pattern(chance: random.Random, agreement: dict[str, float]) -> Pattern:
    """Of a pair whose fields agree as often as said; the others are missing."""
    return tuple(
        ("exact" if chance.random() < agreement[field.name] else "different")
        if field.name in agreement
        else MISSING
        for field in FIELDS
    )


def patterns(chance: random.Random, agreement: dict[str, float], pairs: int) -> Counter[Pattern]:
    return Counter(pattern(chance, agreement) for _ in range(pairs))


def test_em_finds_how_many_are_one_person_and_what_they_agree_in() -> None:
    chance = seeded(3)
    block = Block(BIRTH, patterns(chance, PLANTED, 4_000) + patterns(chance, CHANCE, 16_000))
    u = {name: {"exact": share, "different": 1 - share} for name, share in CHANCE.items()}
    u |= {field.name: {} for field in FIELDS if field.name not in CHANCE}
    found = expect(block, u, shipped())
    assert found.matches == pytest.approx(4_000, rel=0.03)
    for name, share in PLANTED.items():
        assert found.counts[name]["exact"] / found.matches == pytest.approx(share, abs=0.03)


def test_the_bits_are_those_of_what_was_planted() -> None:
    chance = seeded(9)
    block = Block(BIRTH, patterns(chance, PLANTED, 4_000) + patterns(chance, CHANCE, 16_000))
    strangers = patterns(chance, CHANCE, 50_000)
    learnt = fit(shipped(), strangers, [block], version="test", learnt_from="planted").fields
    for name, share in PLANTED.items():
        assert learnt[name]["exact"].bits == pytest.approx(log2(share / CHANCE[name]), abs=0.5)


def test_what_the_key_is_made_of_is_not_learnt_from_its_block() -> None:
    chance = seeded(4)
    block = Block(frozenset({"family"}), patterns(chance, PLANTED, 500))
    learnt = fit(shipped(), patterns(chance, CHANCE, 1_000), [block], version="test", learnt_from="planted")
    assert learnt.fields["family"] == shipped().fields["family"]
    assert learnt.fields["given"] != shipped().fields["given"]


def test_what_no_pair_shows_keeps_what_was_assumed() -> None:
    chance = seeded(5)
    block = Block(BIRTH, patterns(chance, PLANTED, 500))
    learnt = fit(shipped(), patterns(chance, CHANCE, 1_000), [block], version="test", learnt_from="planted")
    assert learnt.fields["phone"] == shipped().fields["phone"]
    assert learnt.fields["city"] == shipped().fields["city"]
    assert learnt.fields["house"]["exact"].basis == "learnt"


def test_learnt_weights_are_whole() -> None:
    chance = seeded(6)
    block = Block(BIRTH, patterns(chance, PLANTED, 200))
    learnt = fit(shipped(), patterns(chance, CHANCE, 500), [block], version="2027-01", learnt_from="planted")
    assert parse(write(learnt)) == learnt
    assert learnt.version == "2027-01"


def test_an_empty_block_teaches_nothing() -> None:
    block = Block(BIRTH, {})
    learnt = fit(shipped(), {}, [block], version="test", learnt_from="nothing")
    assert learnt.fields == shipped().fields


def test_what_is_missing_is_not_counted() -> None:
    chance = seeded(8)
    counts = count(patterns(chance, CHANCE, 100))
    assert counts["phone"] == {}
    assert sum(counts["family"].values()) == 100
