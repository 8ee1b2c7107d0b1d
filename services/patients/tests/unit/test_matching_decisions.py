from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients.domain.matching.assignment import one_to_one
from patients.domain.matching.comparison import Comparison, Grade
from patients.domain.matching.decision import Action, Candidate, Decision, Policy, Reason, decide
from patients.domain.matching.evidence import Refusal, Veto
from patients.domain.matching.model import Model
from patients.domain.matching.traits import AddressTraits, NameTraits, Traits
from patients.domain.matching.weights import Thresholds

MODEL = Model.load()
MILLION = 1_000_000
HOME = (AddressTraits("4223", "winston hills", ("stanley street",), "8"),)
NUMBER = frozenset({("urn:nhs", "9434765919")})
NAME_AND_BIRTH = Traits((NameTraits("quackenbush", ("anna",)),), date(1980, 3, 24))
ANNA = replace(
    NAME_AND_BIRTH,
    gender="female",
    addresses=HOME,
    phones=frozenset({"+61255501234"}),
    identifiers=frozenset({("urn:mrn", "900123")}),
)
AT_HOME = replace(ANNA, identifiers=frozenset())


def decided(a: Traits, *others: Traits, **options: Any) -> Decision[int]:
    candidates = [Candidate(key, MODEL.compare(a, other)) for key, other in enumerate(others)]
    return decide(candidates, registry_size=MILLION, version=MODEL.version, **options)


def compared(**changes: Any) -> Comparison:
    """Somebody at Anna's, without an identifier in common."""
    return MODEL.compare(AT_HOME, replace(AT_HOME, **changes))


def named(family: str, *given_names: str) -> tuple[NameTraits, ...]:
    return (NameTraits(family, given_names),)


def test_a_record_that_agrees_in_all_is_linked() -> None:
    decision = decided(ANNA, ANNA, replace(NAME_AND_BIRTH, names=named("ott", "uta")))
    assert (decision.action, decision.target, decision.reasons) == (Action.LINK, 0, ())
    assert decision.version == MODEL.version


@given(
    family=st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12),
    first=st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12),
    born=st.dates(date(1900, 1, 2)),
    gender=st.sampled_from(["", "female", "male"]),
    size=st.integers(0, 10**8),
)
def test_names_birth_date_and_sex_alone_are_never_linked(
    family: str, first: str, born: date, gender: str, size: int
) -> None:
    traits = Traits(named(family, first), born, gender=gender, mothers_maiden="schulz")
    found = [Candidate(0, MODEL.compare(traits, traits))]
    generous = Policy(margin=0, thresholds=Thresholds(possible=1e-9, probable=1e-9, certain=1e-9))
    for policy in (Policy(), generous):
        decision = decide(found, registry_size=size, version=MODEL.version, policy=policy)
        assert decision.action is not Action.LINK
    assert Refusal.NAME_AND_BIRTH_ONLY in found[0].comparison.refusals


def test_a_cut_list_refuses_what_would_be_linked() -> None:
    decision = decided(ANNA, ANNA, truncated=True)
    assert (decision.action, decision.target, decision.reasons) == (Action.REVIEW, None, (Reason.TRUNCATED,))


def test_a_cut_list_without_a_candidate_is_no_proof_of_somebody_new() -> None:
    assert decided(ANNA, truncated=True).action is Action.REVIEW


def test_nobody_alike_is_somebody_new() -> None:
    decision = decided(ANNA, Traits(named("ott", "uta"), date(1950, 7, 2)))
    assert (decision.action, decision.ranked) == (Action.NEW, ())


def test_two_that_agree_are_for_a_person_to_choose_from() -> None:
    decision = decided(ANNA, ANNA, ANNA)
    assert decision.action is Action.REVIEW
    assert set(decision.reasons) == {Reason.NOT_UNIQUE, Reason.WITHIN_MARGIN}


def test_a_second_within_the_margin_stops_the_link() -> None:
    second = replace(AT_HOME, phones=frozenset(), addresses=())
    gap = MODEL.compare(ANNA, ANNA).weight - MODEL.compare(ANNA, second).weight
    strict = Thresholds(possible=1e-9, probable=0.999999, certain=0.9999999)
    for margin, expected in ((gap - 1, ()), (gap + 1, (Reason.WITHIN_MARGIN,))):
        policy = Policy(margin=margin, thresholds=strict)
        assert Reason.NOT_UNIQUE not in decided(ANNA, ANNA, second, policy=policy).reasons
        assert decided(ANNA, ANNA, second, policy=policy).reasons == expected


def test_links_can_be_left_to_people() -> None:
    decision = decided(ANNA, ANNA, policy=Policy(automatic=False))
    assert (decision.action, decision.reasons) == (Action.REVIEW, (Reason.NOT_AUTOMATIC,))


def test_the_candidates_come_best_first_and_none_that_is_certainly_another() -> None:
    nobody = Traits(named("ott", "uta"), date(1950, 7, 2))
    decision = decided(ANNA, nobody, AT_HOME, ANNA)
    assert [one.key for one in decision.ranked] == [2, 1]


def test_a_checked_identifier_with_name_and_birth_date_needs_only_to_be_probable() -> None:
    checked = replace(NAME_AND_BIRTH, identifiers=NUMBER, checked=NUMBER)
    steep = Policy(thresholds=Thresholds(possible=0.1, probable=0.5, certain=1 - 1e-15))
    assert decided(checked, checked, policy=steep).action is Action.LINK
    unchecked = replace(checked, checked=frozenset())
    assert decided(unchecked, unchecked, policy=steep).reasons == (Reason.BELOW_THRESHOLD,)


def test_a_checked_identifier_does_not_outweigh_another_name() -> None:
    mother = replace(ANNA, identifiers=NUMBER, checked=NUMBER)
    child = replace(mother, names=named("quackenbush", "ben"), birth_date=date(2010, 6, 1), gender="male")
    assert decided(mother, child).action is Action.REVIEW


@pytest.mark.parametrize(
    ("changes", "veto"),
    [
        ({"suffix": "jr"}, Veto.SUFFIX),
        ({"names": named("quackenbush", "ben"), "gender": "male"}, Veto.TWINS),
        ({"names": named("quackenbush", "hanna"), "gender": "male"}, Veto.TWINS),
        ({"birth_order": 2}, Veto.TWINS),
        ({"names": named("quackenbush", "lena"), "multiple_birth": True}, Veto.TWINS),
        ({"birth_date": date(2004, 11, 5)}, Veto.PARENT_CHILD),
        ({"names": named("quackenbush", "lena"), "birth_date": date(1984, 11, 5)}, Veto.HOUSEHOLD),
    ],
)
def test_relatives_are_never_linked_and_at_most_possible(changes: dict[str, Any], veto: Veto) -> None:
    senior = replace(AT_HOME, suffix="sr", birth_order=1, multiple_birth=True)
    comparison = MODEL.compare(senior, replace(senior, **changes))
    assert veto in comparison.vetoes
    assert comparison.grade(MILLION) in (Grade.POSSIBLE, Grade.CERTAINLY_NOT)
    assert decided(senior, replace(senior, **changes)).action is not Action.LINK


def test_relatives_with_one_identifier_are_for_a_person_to_decide() -> None:
    comparison = MODEL.compare(replace(ANNA, suffix="sr"), replace(ANNA, suffix="jr"))
    assert comparison.grade(MILLION) is Grade.PROBABLE


def test_an_identifier_without_given_name_or_birth_date_proves_nobody() -> None:
    unnamed = replace(ANNA, names=(NameTraits("quackenbush"),), birth_date=None)
    assert Refusal.NEITHER_FIRST_NAME_NOR_BIRTH in MODEL.compare(ANNA, unnamed).refusals


def test_name_and_birth_date_at_one_address_are_linked() -> None:
    assert decided(AT_HOME, replace(AT_HOME, phones=frozenset())).action is Action.LINK
    next_door = replace(AT_HOME, phones=frozenset(), addresses=(HOME[0]._replace(house="9", postal=""),))
    assert decided(AT_HOME, next_door).reasons == (Refusal.NAME_AND_BIRTH_ONLY,)


def test_twins_of_one_sex_and_almost_one_name_are_for_a_person_to_decide() -> None:
    assert compared().grade(MILLION) is Grade.CERTAIN
    twin = compared(names=named("quackenbush", "hanna"))
    assert twin.refusals == (Refusal.GIVEN_NOT_THE_SAME,)
    assert twin.grade(MILLION) is Grade.PROBABLE


def test_twins_who_share_the_first_of_two_names_are_for_a_person_to_decide() -> None:
    one = replace(AT_HOME, names=named("quackenbush", "maria", "anna"))
    other = replace(AT_HOME, names=named("quackenbush", "maria", "theresia"))
    assert decided(one, other).reasons == (Refusal.GIVEN_NOT_THE_SAME,)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"names": named("quackenbush", "ben")}, Refusal.GIVEN_NOT_THE_SAME),
        ({"names": (NameTraits("quackenbush"),)}, Refusal.GIVEN_NOT_THE_SAME),
        ({"birth_date": date(1985, 7, 2)}, Refusal.BIRTH_NOT_THE_SAME),
        ({"birth_date": None}, Refusal.BIRTH_NOT_THE_SAME),
        ({"gender": "male"}, Refusal.SEX_DIFFERS),
        ({"addresses": (), "phones": frozenset()}, Refusal.NAME_AND_BIRTH_ONLY),
    ],
)
def test_an_address_in_common_proves_nobody(changes: dict[str, Any], refusal: Refusal) -> None:
    assert refusal in compared(**changes).refusals
    assert decided(AT_HOME, replace(AT_HOME, **changes)).action is not Action.LINK


def test_identifiers_that_contradict_each_other_are_for_a_person_to_decide() -> None:
    a = replace(ANNA, identifiers=ANNA.identifiers | {("urn:nhs", "9434765919")})
    b = replace(ANNA, identifiers=ANNA.identifiers | {("urn:nhs", "4010232137")})
    assert decided(a, b).reasons == (Veto.IDENTIFIERS,)
    assert decided(a, a).action is Action.LINK


def test_another_number_of_one_system_is_for_a_person_to_decide() -> None:
    other = replace(ANNA, identifiers=frozenset({("urn:mrn", "311777")}))
    assert Refusal.IDENTIFIER_DIFFERS in decided(ANNA, other).reasons


@given(st.lists(st.tuples(st.floats(-50, 50), st.integers(0, 5), st.integers(0, 5))))
def test_nobody_is_assigned_twice(scored: list[tuple[float, int, int]]) -> None:
    chosen = one_to_one(scored)
    assert len({left for left, _ in chosen}) == len({right for _, right in chosen}) == len(chosen)


def test_the_better_of_two_partners_is_assigned() -> None:
    assert one_to_one([(5, "a", "x"), (9, "b", "x"), (1, "a", "y")]) == [("b", "x"), ("a", "y")]
