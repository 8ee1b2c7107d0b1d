"""FHIR search parameters: dates as exact as they are written, values, and what is refused."""

import contextlib
from datetime import UTC, datetime
from uuid import UUID

import pytest
from clinical.api.fhir.criteria import criteria, referenced
from clinical.domain.fhir.asking import Token
from clinical.domain.fhir.dates import bounds
from hypothesis import given
from hypothesis import strategies as st
from openward_servicekit.fhir.searching import ParameterInvalid, ParameterUnknown

PARAMETERS = (("code", "token", ""), ("date", "date", ""), ("patient", "reference", ""))


def holds(text: str, start: datetime, end: datetime | None = None) -> bool:
    return all(bound.holds(start if bound.of_start else end or start) for bound in bounds(text))


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year, month, day and so on


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("2026", at(2026, 12, 31, 23, 59), at(2027, 1, 1)),
        ("2026-02", at(2026, 2, 28, 23), at(2026, 3, 1)),
        ("2026-12", at(2026, 12, 31), at(2027, 1, 1)),
        ("eq2026-02-01", at(2026, 2, 1, 23), at(2026, 2, 2)),
        ("2026-02-01T10:00", at(2026, 2, 1, 10, 0, 59), at(2026, 2, 1, 10, 1)),
        ("2026-02-01T10:00:00Z", at(2026, 2, 1, 10, 0, 0), at(2026, 2, 1, 10, 0, 1)),
        ("2026-02-01T10:00:00.5+02:00", at(2026, 2, 1, 8, 0, 0, 599_999), at(2026, 2, 1, 8, 0, 0, 600_000)),
        ("gt2026-02-01", at(2026, 2, 2), at(2026, 2, 1, 23)),
        ("ge2026-02-01", at(2026, 2, 1), at(2026, 1, 31, 23)),
        ("lt2026-02-01", at(2026, 1, 31), at(2026, 2, 1)),
        ("le2026-02-01", at(2026, 2, 1, 23), at(2026, 2, 2)),
        ("sa2026-02-01", at(2026, 2, 2), at(2026, 2, 1)),
        ("eb2026-02-01", at(2026, 1, 31), at(2026, 2, 1)),
    ],
)
def test_a_date_is_as_exact_as_it_is_written(text: str, inside: datetime, outside: datetime) -> None:
    assert holds(text, inside)
    assert not holds(text, outside)


def test_periods_overlap_or_lie_within() -> None:
    start, end = at(2026, 2, 1), at(2026, 2, 10)
    for text in ("ge2026-02-05", "le2026-02-05", "gt2026-02-05", "lt2026-02-05", "2026-02"):
        assert holds(text, start, end), text
    for text in ("2026-02-05", "sa2026-02-01", "eb2026-02-10", "gt2026-02-10", "lt2026-02-01"):
        assert not holds(text, start, end), text


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "26", "2026-13", "2026-02-30", "2026-2-1", "ap2026", "ne2026", "2026-02-01T25:00"),
        *("2026-02-01T10", "2026-02-01 10:00", "9999", "9999-12-31", "0000", "2026-02-01T10:00+99:00"),
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  which of the many is not told
        bounds(text)


@given(st.text())
def test_any_text_is_a_date_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert bounds(text)


def test_values_are_alternatives_and_repetitions_conditions() -> None:
    asked = criteria([("code", r"a|b,c\,d"), ("code", "|e"), ("colour", "red")], PARAMETERS, strict=False)
    assert asked.tokens("code") == [[Token("a", "b"), Token(None, "c,d")], [Token("", "e")]]
    assert asked.used == [("code", r"a|b,c\,d"), ("code", "|e")]


@pytest.mark.parametrize(
    "pair",
    [
        *(("code:text", "x"), ("patient.name", "x"), ("patient:Patient", "x"), ("code", ",")),
        *(("code", ",".join("abcdefghijk" * 5)), ("_sort", "code")),
    ],
)
def test_what_is_not_done_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(ParameterInvalid):
        criteria([pair], PARAMETERS, strict=False)


def test_strict_handling_refuses_the_unknown() -> None:
    with pytest.raises(ParameterUnknown):
        criteria([("colour", "red")], PARAMETERS, strict=True)
    assert criteria([("_format", "json"), ("date", "")], PARAMETERS, strict=True).values == {}


def test_several_dates_at_once_are_refused() -> None:
    with pytest.raises(ParameterInvalid):
        criteria([("date", "2026,2027")], PARAMETERS, strict=False).dates("date")


def test_references_are_ours_or_nothing() -> None:
    one, base = UUID(int=1), "https://x.test/fhir/r4"
    read = referenced("Patient", base, UUID)
    for text in (str(one), f"Patient/{one}", f"{base}/Patient/{one}"):
        assert read(text) == one
    for text in ("", "x", f"Group/{one}", f"https://y.test/Patient/{one}"):
        assert read(text) is None
    asked = criteria([("patient", f"{one},x"), ("patient", str(one))], PARAMETERS, strict=False)
    assert asked.ids("patient", read) == frozenset((one,))
    assert asked.ids("code", read) is None
