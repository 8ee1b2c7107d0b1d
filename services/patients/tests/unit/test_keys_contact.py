from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients.domain.keys import (
    city_key,
    email_key,
    identifier_key,
    line_key,
    phone_key,
    phone_problem,
    postal_key,
)


@pytest.mark.parametrize("key", [city_key, email_key, identifier_key, line_key, postal_key])
@given(text=st.text())
def test_a_key_is_its_own_key(key: Callable[[str], str], text: str) -> None:
    assert key(key(text)) == key(text)


PHONE = st.from_regex(r"\A\+?[0-9 ()-]{4,18}\Z")


@given(PHONE | st.text(), st.sampled_from(["GB", "US", "DE", "IT", "AR", "BR", "MX", "XX", None]))
def test_a_phone_key_is_its_own_key_wherever_it_is_read(text: str, region: str | None) -> None:
    key = phone_key(text, region)

    assert key is None or phone_key(key, region) == phone_key(key, None) == key


@given(PHONE | st.text(), st.sampled_from(["GB", None]))
def test_a_number_that_is_in_use_has_a_key(text: str, region: str | None) -> None:
    if phone_problem(text, region) is None:
        assert phone_key(text, region)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+447911123456", None),
        ("+44 (0)7911 123-456", None),
        ("+4407911123456", None),
        ("07911 123456", "GB"),
        ("0044 7911 123456", "GB"),
    ],
)
def test_ways_to_write_a_number_have_one_key(text: str, region: str | None) -> None:
    assert phone_key(text, region) == "+447911123456"


@pytest.mark.parametrize(
    ("text", "region", "problem"),
    [
        ("+447911123456", None, None),
        ("nothing", "GB", "not-a-number"),
        ("07911 123456", None, "country-unknown"),
        ("123", "GB", "too-short"),
        ("+44791112345678901", None, "too-long"),
        ("+12025", None, "too-short"),
        ("+1 000 000 0000", None, "not-in-use"),
    ],
)
def test_a_phone_problem_is_named(text: str, region: str | None, problem: str | None) -> None:
    assert phone_problem(text, region) == problem


def test_no_possible_number_has_no_key() -> None:
    assert phone_key("123", "GB") is None
    assert phone_key("07911 123456", None) is None
    assert phone_key("", "GB") is None


def test_postcodes_are_compared_by_letters_and_digits() -> None:
    assert postal_key("sw1a 1aa") == postal_key("SW1A-1AA") == "SW1A1AA"


def test_street_lines_are_compared_by_their_usual_short_forms() -> None:
    assert line_key("12 Main Street") == line_key("12, MAIN ST.") == "12 main st"
    assert line_key("Hauptstraße 7") == line_key("Hauptstr. 7") == "hauptstr 7"


def test_mail_addresses_are_compared_without_case() -> None:
    assert email_key(" Ann.Lee@Example.ORG ") == "ann.lee@example.org"


@pytest.mark.parametrize("value", ["ab-12.345/6", "AB 12 345 6", "ab\u201112\u00a03456", "ＡＢ123456"])  # noqa: RUF001  full width
def test_identifiers_are_compared_without_what_people_leave_out(value: str) -> None:
    assert identifier_key(value) == "AB123456"


def test_an_identifier_of_separators_only_stays() -> None:
    assert identifier_key("- -") == "--"
