"""Which languages a caller wants, and which there is of them."""

import pytest
from clinical.domain.languages import spoken, wanted_languages
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", ()),
        ("de", ("de",)),
        ("de-AT, en;q=0.8", ("de-at", "en")),
        ("en;q=0.5, de ; q=0.9, fr", ("fr", "de", "en")),
        ("en;q=0, de", ("de",)),
        ("*, de;q=0.1", ("de",)),
        ("de;q=nan, en;q=7, fr;q=0.5", ("fr",)),
        ("\x00, ;;q=, <script>, de_DE, -, de", ("de",)),
    ],
)
def test_languages_come_in_the_order_in_which_they_are_wanted(header: str, wanted: tuple[str, ...]) -> None:
    assert wanted_languages(header) == wanted


@given(st.text())
def test_any_header_is_read(header: str) -> None:
    assert all(tag.isascii() and tag == tag.lower() for tag in wanted_languages(header))


@pytest.mark.parametrize(
    ("wanted", "offered", "found"),
    [
        (("de-at", "en"), ("en", "de"), "de"),
        (("de",), ("en", "de-DE"), "de-DE"),
        (("de-at",), ("de-CH", "en"), "de-CH"),
        (("fr", "en"), ("en", "de"), "en"),
        (("zh-hant-tw",), ("zh", "zh-Hant"), "zh-Hant"),
        (("fr",), ("en", "de"), None),
        ((), ("en",), None),
    ],
)
def test_the_language_wanted_most_that_there_is_is_spoken(
    wanted: tuple[str, ...], offered: tuple[str, ...], found: str | None
) -> None:
    assert spoken(wanted, offered) == found
