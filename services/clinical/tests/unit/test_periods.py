"""Periods and points in time as callers write them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from clinical.api.periods import as_of, period
from clinical.domain.span import PeriodReversed, Span, TimeInFuture, TimeMalformed, TimeWithoutZone, moment
from hypothesis import given
from hypothesis import strategies as st

NOON = datetime(2025, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2025-11-23T12:00:00Z",
        "2025-11-23t12:00z",
        "2025-11-23 12:00:00.000Z",
        "2025-11-23T13:30:00+01:30",
        "2025-11-23T04:00:00.000000-08:00",
    ],
)
def test_times_are_read_by_rfc_3339_as_utc(text: str) -> None:
    assert moment(text, "from") == NOON
    assert moment(text, "from").tzinfo is UTC


@pytest.mark.parametrize("text", ["2025-11-23T12:00:00", "2025-11-23T12:00"])
def test_a_time_without_zone_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(TimeWithoutZone) as refused:
        moment(text, "from")
    (problem,) = refused.value.errors
    assert (problem.path, problem.code) == ("from", "time-without-zone")


@pytest.mark.parametrize(
    "text",
    [
        *("2025-11-23", "1700000000", "now", "2026-W48-1T12:00Z", "2025-11-23T12:00:00 01:00"),
        *("2026-02-30T12:00:00Z", "2025-11-23T25:00:00Z", "2025-11-23T12:00:00+25:00"),
        *(
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
            "2025-11-23T12:00:0\N{ARABIC-INDIC DIGIT ONE}Z",
            "",
        ),
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(TimeMalformed):
        moment(text, "from")


@given(st.text(max_size=40))
def test_any_text_is_no_time_unless_it_reads_as_one(text: str) -> None:
    with pytest.raises((TimeMalformed, TimeWithoutZone)):
        moment(f"{text}!", "to")


def test_a_period_must_not_end_before_it_begins() -> None:
    early, late = "2025-11-23T12:00:00Z", "2025-11-23T12:00:01Z"
    assert asyncio.run(period(early, late)) == Span(NOON, NOON + timedelta(seconds=1))
    assert asyncio.run(period(early, early)) == Span(NOON, NOON)
    assert asyncio.run(period(None, None)) == Span()
    with pytest.raises(PeriodReversed) as refused:
        asyncio.run(period(late, early))
    assert [each.path for each in refused.value.errors] == ["to"]


def test_nobody_knows_what_will_be_known() -> None:
    assert asyncio.run(as_of(None)) is None
    assert asyncio.run(as_of("2025-11-23T12:00:00Z")) == NOON
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    with pytest.raises(TimeInFuture):
        asyncio.run(as_of(tomorrow))
