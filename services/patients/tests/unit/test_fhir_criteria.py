"""FHIR search parameters in the registry's words, and cursors that give nothing away."""

from datetime import date
from typing import Any

import pytest
from openward_contracts.identifiers import PatientId
from openward_servicekit.fhir.searching import ParameterInvalid
from patients.api.fhir.birth_ranges import birth_range
from patients.api.fhir.criteria import MOST_ALTERNATIVES, asked
from patients.api.fhir.seal import seal, unseal
from patients.domain.errors import CursorInvalid
from patients.domain.record import Gender
from patients.domain.search.asking import DayRange, Term

KEY = b"k" * 32


def search(*pairs: tuple[str, str]) -> Any:
    """Of parameters that leave one alternative."""
    (conjunction,) = asked(pairs).plan
    assert conjunction.also == ()
    return conjunction.main


@pytest.mark.parametrize(
    ("pair", "field", "value"),
    [
        (("family", "mohr"), "family", (Term("mohr"),)),
        (("given:exact", "Ann"), "given", (Term("Ann", exact=True),)),
        (("name", "ann mohr"), "words", "ann mohr"),
        (("address-postalcode", "CB1"), "postal_code", Term("CB1")),
        (("mothersMaidenName", "byrne"), "mothers_maiden_name", Term("byrne")),
        (("gender", "http://hl7.org/fhir/administrative-gender|male"), "gender", Gender.MALE),
        (("active", "false"), "active", False),
        (("identifier", "urn:x|1"), "identifiers", (("urn:x", "1"),)),
        (("identifier", "|1"), "identifiers", ((None, "1"),)),
        (("identifier", "urn:x|"), "identifiers", (("urn:x", None),)),
        (("identifier", "urn:openward:mrn|"), "identifiers", ()),
        (("telecom", "a@example.org"), "email", "a@example.org"),
        (("telecom", "phone|01632"), "phone", "01632"),
    ],
)
def test_a_parameter_is_a_field_of_a_search(pair: tuple[str, str], field: str, value: Any) -> None:
    assert getattr(search(pair), field) == value


def test_a_backslash_keeps_a_comma_and_a_bar() -> None:
    assert search(("family", r"a\,b")).family == (Term("a,b"),)
    assert search(("identifier", r"urn:a\|b|1")).identifiers == (("urn:a|b", "1"),)


def test_a_comma_makes_alternatives_and_repeating_narrows() -> None:
    found = asked([("given", "ann,bea"), ("family", "mohr"), ("family", "m")])

    assert [each.main.given for each in found.plan] == [(Term("ann"),), (Term("bea"),)]
    assert {each.main.family for each in found.plan} == {(Term("mohr"), Term("m"))}


def test_what_a_search_has_one_place_for_must_hold_too() -> None:
    (conjunction,) = asked([("address-city", "ely"), ("address-city", "york")]).plan

    assert conjunction.main.city == Term("ely")
    assert [each.city for each in conjunction.also] == [Term("york")]


def test_ids_are_alternatives_within_one_search_and_no_id_is_nobody() -> None:
    one, other = PatientId.new(), PatientId.new()

    assert search(("_id", f"{one},x,{other}")).ids == (one, other)
    assert asked([("_id", "x")]).plan == ()


def test_the_systems_to_show_are_those_that_stand_alone() -> None:
    found = asked([("identifier", "urn:a|,urn:b|,urn:c|1")])

    assert found.only == {"urn:a", "urn:b"}


def test_what_was_used_and_what_was_not_is_told_apart() -> None:
    found = asked([("family", "mohr"), ("shoe-size", "44"), ("given", " "), ("_count", "3")])

    assert (found.used, found.unknown) == ((("family", "mohr"),), ("shoe-size",))


@pytest.mark.parametrize(
    "pair",
    [
        ("family:contains", "mohr"),
        ("gender:exact", "male"),
        ("gender", "x"),
        ("active", "yes"),
        ("birthdate", "ap1980"),
        ("telecom", "url|http://example.org"),
        ("identifier", "|"),
        ("family", "x" * 201),
        ("family", "mo\u202ehr"),
        ("given", ",".join("abcdefghijklmnopqrstuvwxyz")),
    ],
)
def test_what_is_not_understood_is_refused_without_its_value(pair: tuple[str, str]) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        asked([pair])

    assert pair[1] not in str([each.detail for each in refused.value.errors])


def test_there_are_no_more_alternatives_than_anybody_means() -> None:
    many = ",".join(str(number) for number in range(MOST_ALTERNATIVES))

    assert len(asked([("given", many)]).plan) == MOST_ALTERNATIVES
    with pytest.raises(ParameterInvalid):
        asked([("given", many), ("family", "a,b")])


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1980", date(1980, 1, 1), date(1980, 12, 31)),
        ("eq1980-02", date(1980, 2, 1), date(1980, 2, 29)),
        ("ge1980-02", date(1980, 2, 1), date.max),
        ("gt1980-02", date(1980, 3, 1), date.max),
        ("le1980-02-03", date.min, date(1980, 2, 3)),
        ("lt1980", date.min, date(1979, 12, 31)),
    ],
)
def test_a_date_is_a_range_of_days(text: str, first: date, last: date) -> None:
    assert birth_range(text) == DayRange(first, last)


@pytest.mark.parametrize("text", ["", "ne1980", "1980-13", "gt9999", "lt0001", "1980-02-03T10:00:00Z"])
def test_other_dates_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        birth_range(text)


def test_a_sealed_cursor_is_read_by_its_caller_and_shows_nothing() -> None:
    cursor = seal(KEY, {"family": "mohr"}, "ada")

    assert unseal(KEY, cursor, "ada") == {"family": "mohr"}
    assert "mohr" not in cursor
    assert cursor != seal(KEY, {"family": "mohr"}, "ada")


def _other_first(cursor: str) -> str:
    return ("B" if cursor[0] == "A" else "A") + cursor[1:]


@pytest.mark.parametrize("change", [lambda c: c[:-2], _other_first, lambda _: "", lambda c: c + "*"])
def test_a_cursor_that_was_changed_is_refused(change: Any) -> None:
    cursor = seal(KEY, "x", "ada")

    with pytest.raises(CursorInvalid):
        unseal(KEY, change(cursor), "ada")


def test_a_cursor_of_somebody_else_or_another_key_is_refused() -> None:
    cursor = seal(KEY, "x", "ada")

    for key, caller in ((KEY, "bob"), (b"l" * 32, "ada")):
        with pytest.raises(CursorInvalid):
            unseal(key, cursor, caller)
