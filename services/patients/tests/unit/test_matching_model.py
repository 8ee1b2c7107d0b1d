from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients.domain.dates import Precision
from patients.domain.matching.comparison import SMALLEST_REGISTRY, Comparison, Grade, probability
from patients.domain.matching.frequencies import NameFrequencies
from patients.domain.matching.model import Model
from patients.domain.matching.traits import AddressTraits, NameTraits, Traits
from patients.domain.matching.vocabulary import ADDRESS, FIELD, Level

MODEL = Model.load()
ANNA = Traits(
    names=(NameTraits("neumann", ("anna",)),),
    birth_date=date(1980, 3, 24),
    gender="female",
    addresses=(AddressTraits("4223", "winston hills", ("stanley street",), "8"),),
    phones=frozenset({"+61255501234"}),
    emails=frozenset({"anna@example.org"}),
    identifiers=frozenset({("urn:mrn", "900123")}),
    mothers_maiden="schulz",
)
WORDS = st.sampled_from(["", "anna", "anne", "hanna", "neumann", "neuman", "von neumann", "peters", "a"])
GIVEN = st.lists(st.sampled_from(["anna", "anne", "maria", "a", "neumann"]), max_size=2).map(tuple)
TRAITS = st.builds(
    Traits,
    names=st.lists(st.builds(NameTraits, WORDS, GIVEN), max_size=3).map(tuple),
    birth_date=st.none() | st.dates(date(1978, 1, 1), date(1982, 12, 31)),
    birth_precision=st.sampled_from(Precision),
    gender=st.sampled_from(["", "female", "male", "other", "unknown"]),
    addresses=st.lists(
        st.builds(
            AddressTraits,
            st.sampled_from(["", "4223", "4232"]),
            st.sampled_from(["", "dapto", "dabto", "bega"]),
            st.lists(st.sampled_from(["stanley street", "stanly street", "lucas rd"]), max_size=2).map(tuple),
            st.sampled_from(["", "8", "9"]),
        ),
        max_size=2,
    ).map(tuple),
    phones=st.frozensets(st.sampled_from(["+611", "+612"])),
    identifiers=st.frozensets(
        st.tuples(st.sampled_from(["urn:mrn", "urn:nhs"]), st.sampled_from(["900123", "900124", "777777"]))
    ),
    mothers_maiden=st.sampled_from(["", "schulz", "schulze"]),
    suffix=st.sampled_from(["", "jr", "sr"]),
    birth_order=st.sampled_from([None, 1, 2]),
)


def outcome(comparison: Comparison, name: str) -> str:
    return {field.field: field.outcome for field in comparison.fields}[name]


def bits(comparison: Comparison, name: str) -> float:
    return {field.field: field.bits for field in comparison.fields}[name]


@given(TRAITS, TRAITS)
def test_a_comparison_is_the_same_in_either_order(a: Traits, b: Traits) -> None:
    model = Model(MODEL.weights, NameFrequencies.of([a, b, ANNA]))
    assert model.compare(a, b) == model.compare(b, a)


@given(TRAITS, TRAITS)
def test_the_bits_of_the_fields_add_up_to_the_weight(a: Traits, b: Traits) -> None:
    comparison = MODEL.compare(a, b)
    assert sum(field.bits for field in comparison.fields) == pytest.approx(comparison.weight)


@given(TRAITS)
def test_what_is_missing_weighs_nothing(a: Traits) -> None:
    comparison = MODEL.compare(a, Traits())
    assert comparison.weight == 0
    assert {field.level for field in comparison.fields} == {Level.MISSING}


@given(
    TRAITS,
    TRAITS,
    st.sampled_from(["stanley", "900123", "4223", "+611", "neumann", "anna", "schulz"]),
)
def test_a_sentence_holds_no_value(a: Traits, b: Traits, value: str) -> None:
    comparison = MODEL.compare(a, b)
    assert value not in comparison.sentence.lower()
    assert all(value not in field.phrase for field in comparison.fields)


@given(TRAITS, TRAITS, st.integers(1, 10**8), st.integers(1, 10**8))
def test_a_weight_is_less_probable_in_a_larger_registry(a: Traits, b: Traits, one: int, other: int) -> None:
    comparison = MODEL.compare(a, b)
    assert 0 <= comparison.probability(max(one, other)) <= comparison.probability(min(one, other)) <= 1


@pytest.mark.parametrize(
    ("field", "better", "worse"),
    [
        ("family", {}, {"names": (NameTraits("neuman", ("anna",)),)}),
        ("family", {"names": (NameTraits("neuman", ("anna",)),)}, {"names": (NameTraits("ott", ("anna",)),)}),
        ("given", {}, {"names": (NameTraits("neumann", ("anne",)),)}),
        (
            "given",
            {"names": (NameTraits("neumann", ("anne",)),)},
            {"names": (NameTraits("neumann", ("uta",)),)},
        ),
        ("birth_date", {}, {"birth_date": date(1980, 3, 25)}),
        ("birth_date", {"birth_date": date(1981, 3, 24)}, {"birth_date": date(1975, 7, 1)}),
        ("gender", {}, {"gender": "male"}),
        ("phone", {}, {"phones": frozenset({"+49301"})}),
        ("identifier", {}, {"identifiers": frozenset({("urn:mrn", "900124")})}),
        ("postal", {}, {"addresses": (AddressTraits("4232", "winston hills", ("stanley street",), "8"),)}),
    ],
)
def test_less_agreement_never_weighs_more(field: str, better: dict[str, Any], worse: dict[str, Any]) -> None:
    above, below = (MODEL.compare(ANNA, replace(ANNA, **change)) for change in (better, worse))
    assert bits(above, field) > bits(below, field)


def test_a_sentence_says_what_agrees_what_is_close_and_that_no_identifier_helped() -> None:
    a = Traits((NameTraits("neumann", ("anna",)),), date(1980, 3, 24))
    b = Traits((NameTraits("neumann", ("anne",)),), date(1980, 3, 24))
    assert MODEL.compare(a, b).sentence == (
        "Family name and birth date agree; given name is one letter away; no identifier in common."
    )


def test_an_address_that_agrees_in_all_its_parts_is_one_word() -> None:
    moved = replace(ANNA, addresses=(AddressTraits("2000", "sydney", ("pitt street",), "1"),))
    assert MODEL.compare(ANNA, ANNA).sentence == (
        "Family name, given name, birth date, sex, address, telephone number, e-mail address, an identifier "
        "and mother's maiden name agree."
    )
    assert "; address differs." in MODEL.compare(ANNA, moved).sentence


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (("anna",), ("anna", "maria"), "exact"),
        (("anna", "maria"), ("anna", "lena"), "part"),
        (("maria",), ("anna", "maria"), "part"),
        (("anna",), ("a",), "initial"),
        (("anna",), ("anan",), "typo"),
        (("xi", "aoming"), ("xiaoming",), "similar"),
        (("anna",), (), "missing"),
        (("anna",), ("peter",), "different"),
    ],
)
def test_given_names_come_in_several_and_in_initials(
    left: tuple[str, ...], right: tuple[str, ...], expected: str
) -> None:
    a, b = Traits((NameTraits("ott", left),)), Traits((NameTraits("ott", right),))
    assert outcome(MODEL.compare(a, b), "given") == expected


@pytest.mark.parametrize(
    ("born", "precision", "expected"),
    [
        (date(1980, 3, 4), Precision.DAY, "exact"),
        (date(1980, 4, 3), Precision.DAY, "swapped"),
        (date(1980, 3, 5), Precision.DAY, "typo"),
        (date(1908, 3, 4), Precision.DAY, "typo"),
        (date(1980, 3, 28), Precision.DAY, "part"),
        (date(1980, 3, 1), Precision.MONTH, "month"),
        (date(1980, 1, 1), Precision.YEAR, "year"),
        (date(1981, 1, 1), Precision.YEAR, "different"),
        (date(1955, 7, 19), Precision.DAY, "different"),
        (None, Precision.DAY, "missing"),
    ],
)
def test_birth_dates_err_in_known_ways(born: date | None, precision: Precision, expected: str) -> None:
    comparison = MODEL.compare(Traits(birth_date=date(1980, 3, 4)), Traits((), born, precision))
    assert outcome(comparison, "birth_date") == expected


def test_a_first_of_january_is_weaker_than_a_birthday() -> None:
    new_year, other = Traits(birth_date=date(1980, 1, 1)), Traits(birth_date=date(1980, 3, 4))
    assert 0 < MODEL.compare(new_year, new_year).weight < MODEL.compare(other, other).weight


def test_a_rare_name_in_common_weighs_more_than_a_common_one() -> None:
    smith, rare = Traits((NameTraits("smith", ("ann",)),)), Traits((NameTraits("quackenbush", ("ann",)),))
    model = Model(MODEL.weights, NameFrequencies.of([*[smith] * 900, *[rare] * 2, *[Traits()] * 9000]))
    assert bits(model.compare(rare, rare), "family") > bits(model.compare(smith, smith), "family") + 3


def test_a_rare_name_that_is_only_close_gains_nothing() -> None:
    rare, misspelt = Traits((NameTraits("quackenbush"),)), Traits((NameTraits("quackenbusch"),))
    model = Model(MODEL.weights, NameFrequencies.of([rare, *[Traits()] * 9999]))
    assert model.compare(rare, misspelt).weight == MODEL.compare(rare, misspelt).weight
    common = Model(MODEL.weights, NameFrequencies.of([rare] * 1000))
    assert common.compare(rare, misspelt).weight < MODEL.compare(rare, misspelt).weight


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (
            Traits((NameTraits("neumann", ("anna",)), NameTraits("ott", ("uta",)))),
            Traits((NameTraits("neumann", ("uta",)),)),
        ),
        (
            Traits(addresses=(AddressTraits("4223", "dapto"), AddressTraits("2000", "bega"))),
            Traits(addresses=(AddressTraits("4223", "bega"),)),
        ),
    ],
)
def test_the_order_of_names_and_addresses_does_not_matter(a: Traits, b: Traits) -> None:
    reversed_a = replace(a, names=a.names[::-1], addresses=a.addresses[::-1])
    assert MODEL.compare(a, b) == MODEL.compare(reversed_a, b) == MODEL.compare(b, reversed_a)


def test_of_two_pairs_of_names_as_good_the_family_name_counts() -> None:
    a = Traits((NameTraits("ott", ("uta",)), NameTraits("neumann", ("anna",))))
    assert outcome(MODEL.compare(a, Traits((NameTraits("neumann", ("uta",)),))), "family") == "exact"


def test_exchanged_and_misspelt_names_are_the_same_in_either_order() -> None:
    a, b = Traits((NameTraits("neumann", ("anna",)),)), Traits((NameTraits("anna", ("neuman",)),))
    assert MODEL.compare(a, b) == MODEL.compare(b, a)


def test_a_former_name_is_as_good_as_the_present_one() -> None:
    married = replace(ANNA, names=(NameTraits("ott", ("anna",)), NameTraits("neumann", ("anna",))))
    assert outcome(MODEL.compare(ANNA, married), "family") == "exact"


def test_exchanged_names_are_found_and_cost_bits() -> None:
    exchanged = replace(ANNA, names=(NameTraits("anna", ("neumann",)),))
    straight, crossed = MODEL.compare(ANNA, ANNA), MODEL.compare(ANNA, exchanged)
    assert crossed.weight == pytest.approx(straight.weight + MODEL.weights.crossed_names)
    assert "family and given name are exchanged" in crossed.sentence


def test_a_household_in_common_weighs_no_more_than_its_cap() -> None:
    child = Traits(addresses=ANNA.addresses, phones=ANNA.phones, emails=ANNA.emails)
    assert MODEL.compare(ANNA, child).weight == pytest.approx(MODEL.weights.household_cap)


def test_who_moved_is_still_recognised() -> None:
    elsewhere = (AddressTraits("2000", "sydney", ("pitt street",), "1"),)
    moved = MODEL.compare(replace(ANNA, identifiers=frozenset()), replace(ANNA, addresses=elsewhere))
    assert sum(bits(moved, name) for name in (*ADDRESS, "move")) == pytest.approx(MODEL.weights.address_floor)
    assert moved.grade(1_000_000) is Grade.CERTAIN


def test_a_stranger_did_not_move() -> None:
    stranger = Traits((NameTraits("ott", ("uta",)),), date(1951, 7, 2), addresses=ANNA.addresses)
    elsewhere = replace(ANNA, addresses=(AddressTraits("2000", "sydney", ("pitt street",), "1"),))
    assert "move" not in {field.field for field in MODEL.compare(stranger, elsewhere).fields}


def test_a_stored_weight_is_as_probable_as_its_comparison() -> None:
    comparison = MODEL.compare(ANNA, ANNA)
    assert probability(comparison.weight, MODEL.weights, 5_000_000) == comparison.probability(5_000_000)


def test_one_character_off_is_no_misprint_when_both_check_digits_are_right() -> None:
    one, other = frozenset({("urn:nhs", "9434765919")}), frozenset({("urn:nhs", "9434765918")})
    a, b = Traits(identifiers=one), Traits(identifiers=other)
    assert outcome(MODEL.compare(a, b), "identifier") == "typo"
    checked = MODEL.compare(replace(a, checked=one), replace(b, checked=other))
    assert outcome(checked, "identifier") == "different"


def test_one_character_of_a_short_number_makes_it_anothers() -> None:
    a, b = (Traits(identifiers=frozenset({("urn:ward", number)})) for number in ("17", "18"))
    assert outcome(MODEL.compare(a, b), "identifier") == "different"


def test_a_registry_that_has_just_begun_is_no_proof_that_there_are_no_namesakes() -> None:
    comparison = MODEL.compare(ANNA, ANNA)
    assert comparison.log_odds(1) == comparison.log_odds(SMALLEST_REGISTRY)


@given(TRAITS, TRAITS)
def test_every_outcome_has_words_and_a_level(a: Traits, b: Traits) -> None:
    comparison = MODEL.compare(a, b)
    fields = comparison.fields[: len(FIELD)]
    assert all(field.phrase == FIELD[field.field].outcomes[field.outcome].phrase for field in fields)
    assert comparison.sentence.endswith(".")
