from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients.domain.dates import Precision, first_day, last_day, now, precision


@pytest.mark.parametrize(
    ("text", "first", "last", "known"),
    [
        ("1980", date(1980, 1, 1), date(1980, 12, 31), Precision.YEAR),
        ("1980-02", date(1980, 2, 1), date(1980, 2, 29), Precision.MONTH),
        ("1980-02-03", date(1980, 2, 3), date(1980, 2, 3), Precision.DAY),
    ],
)
def test_a_partial_date_is_a_range_of_days(text: str, first: date, last: date, known: Precision) -> None:
    assert (first_day(text), last_day(text), precision(text)) == (first, last, known)


@pytest.mark.parametrize("text", ["", "80", "1980-00", "1981-02-29", "1980-02-03T00:00", "١٩٨٠"])
def test_other_texts_are_no_dates(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        first_day(text)


@given(st.dates(date(1850, 1, 1)))
def test_a_day_is_within_its_month_and_year(day: date) -> None:
    for length in (4, 7, 10):
        text = day.isoformat()[:length]
        assert first_day(text) <= day <= last_day(text)


def test_the_clock_has_milliseconds() -> None:
    assert now().microsecond % 1000 == 0
