from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from patients.domain.dates import Precision
from patients.domain.matching.blocking import BlockingKey, Kind, deletions, keys, pairs, probes
from patients.domain.matching.traits import AddressTraits, NameTraits, Traits

ANNA = Traits((NameTraits("neumann", ("anna",)),), date(1980, 3, 4))
LETTERS = st.text("abcde", min_size=2, max_size=8)


def shared(a: Traits, b: Traits) -> set[Kind]:
    return {key.kind for key in probes(a) & keys(b)}


def named(family: str, given_name: str, born: date | None = None) -> Traits:
    return Traits((NameTraits(family, (given_name,)),), born)


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (named("ott", "uta", date(1980, 3, 4)), Kind.BIRTH),
        (named("neumann", "uta", date(1980, 4, 3)), Kind.BIRTH_FAMILY),
        (named("ott", "anna", date(1980, 4, 3)), Kind.BIRTH_GIVEN),
        (named("neumann", "uta", date(1955, 3, 4)), Kind.FAMILY_MONTH_DAY),
        (named("neumann", "anna", date(1981, 12, 30)), Kind.NAME_YEAR),
        (named("neumann", "anna"), Kind.NAME_YEAR),
        (named("anna", "neumann", date(1955, 12, 30)), Kind.NAME),
        (named("neuman", "hanna", date(1955, 12, 30)), Kind.MISSPELT),
    ],
)
def test_what_goes_wrong_at_a_desk_is_still_found(other: Traits, kind: Kind) -> None:
    assert kind in shared(ANNA, other)
    assert pairs([ANNA], [other]) == {(0, 0)}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"identifiers": frozenset({("urn:mrn", "900123")})}, Kind.IDENTIFIER),
        ({"phones": frozenset({"+61255501234"})}, Kind.PHONE),
        ({"emails": frozenset({"anna@example.org"})}, Kind.EMAIL),
        ({"addresses": (AddressTraits("4223", "", (), ""),)}, Kind.POSTAL_NAME),
        ({"addresses": (AddressTraits("", "", ("stanley street",), ""),)}, Kind.STREET_NAME),
        ({"addresses": (AddressTraits("", "dapto", ("stanley street",), "8"),)}, Kind.HOUSE),
    ],
)
def test_what_is_equal_is_found_even_after_a_change_of_name(changes: dict[str, object], kind: Kind) -> None:
    before = replace(named("neumann", "anna"), **changes)  # type: ignore[arg-type]  # each fits its field
    after = replace(named("ott", "anna"), **changes)  # type: ignore[arg-type]  # same
    assert kind in shared(before, after)


def test_an_unknown_birth_date_looks_at_all_of_the_name() -> None:
    assert Kind.NAME in shared(named("neumann", "anna"), ANNA)


def test_a_first_of_january_does_not_look_at_everybody_born_then() -> None:
    new_year = date(1980, 1, 1)
    assert shared(named("ott", "uta", new_year), named("neumann", "anna", new_year)) == set()
    assert Kind.BIRTH_FAMILY in shared(named("ott", "uta", new_year), named("ott", "anna", new_year))


def test_half_a_birth_date_is_no_birthday() -> None:
    year = replace(ANNA, birth_date=date(1980, 3, 4), birth_precision=Precision.YEAR)
    assert Kind.BIRTH not in {key.kind for key in probes(year) | keys(year)}


def test_nothing_known_looks_nowhere() -> None:
    assert probes(Traits()) == keys(Traits()) == frozenset()


def test_pairs_within_a_list_come_once_and_never_with_oneself() -> None:
    assert pairs([ANNA, ANNA, named("ott", "uta")]) == {(0, 1)}


@given(LETTERS, st.data())
def test_words_one_edit_apart_have_a_deletion_in_common(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcde"))
    edited = data.draw(
        st.sampled_from(
            [
                word[:place] + word[place + 1 :],
                word[:place] + letter + word[place:],
                word[:place] + letter + word[place + 1 :],
                word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
            ]
        )
    )
    assume(edited)
    assert deletions(word) & deletions(edited)


@given(st.lists(LETTERS, min_size=2, max_size=2), st.dates(date(1930, 1, 1), date(2020, 12, 31)))
def test_a_record_finds_itself(words: list[str], born: date) -> None:
    traits = named(words[0], words[1], born)
    assert shared(traits, traits) >= {Kind.NAME_YEAR, Kind.MISSPELT, Kind.FAMILY_MONTH_DAY}


def test_a_key_says_its_kind() -> None:
    assert BlockingKey(Kind.PHONE, ("+61255501234",)) in keys(
        replace(ANNA, phones=frozenset({"+61255501234"}))
    )
