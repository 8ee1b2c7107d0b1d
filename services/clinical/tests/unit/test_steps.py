"""Steps of a series, and what is brought together in one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from clinical.domain.conversion import Conversion
from clinical.domain.series import Part, joined
from clinical.domain.step import Step, StepInvalid, readable
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 11, 1, tzinfo=UTC)
FAHRENHEIT = Conversion(5 / 9, -160 / 9)
#: Minutes after the start, Fahrenheit or not, magnitude.
POINTS = st.lists(
    st.tuples(st.integers(0, 300), st.booleans(), st.integers(-2000, 2000).map(lambda tenths: tenths / 10)),
    min_size=1,
    max_size=60,
    unique_by=lambda point: point[0],
)


@pytest.mark.parametrize(
    ("text", "months", "length"),
    [
        ("PT1S", 0, timedelta(seconds=1)),
        ("PT1H30M", 0, timedelta(minutes=90)),
        ("P1D", 0, timedelta(days=1)),
        ("P1W", 0, timedelta(weeks=1)),
        ("P1M", 1, timedelta()),
        ("P1Y6M", 18, timedelta()),
        ("P100Y", 1200, timedelta()),
    ],
)
def test_durations_are_steps(text: str, months: int, length: timedelta) -> None:
    assert Step.read(text, "step") == Step(text, months, length)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "P",
            "PT",
            "P1DT",
            "PT0S",
            "P0D",
            "P0M",
            "-P1D",
            "P-1D",
            "PT0.5S",
            "1D",
            "pt1h",
            "1 day",
            "P1M1D",
        ),
        *("P101Y", "P1201M", "P36526D", "PT99999999999999999999S", "P9" + "9" * 40 + "D", "P1D\n"),
    ],
)
def test_what_is_no_step_is_refused(text: str) -> None:
    with pytest.raises(StepInvalid) as refused:
        Step.read(text, "step")
    assert [(each.path, each.code) for each in refused.value.errors] == [("step", "step-invalid")]


@given(st.timedeltas(timedelta(), timedelta(days=36_000)), st.integers(2, 20_000))
def test_a_readable_step_makes_no_more_than_that(length: timedelta, most: int) -> None:
    text = readable(length, most)
    step = Step.read(text, "step")
    size = step.length or timedelta(days=28 * step.months)
    assert length / size <= most - 1 or text == "P1Y"


def part(start: datetime, points: Sequence[tuple[datetime, float]], unit: str) -> Part:
    (first_at, first), (last_at, last) = min(points), max(points)
    values = [value for _, value in points]
    return Part(
        start, unit, len(values), sum(values), min(values), max(values), first_at, first, last_at, last
    )


@given(POINTS)
def test_steps_say_what_their_points_say_whatever_their_units(
    points: Sequence[tuple[int, bool, float]],
) -> None:
    parts, expected = [], []
    for hour in range(6):
        start = START + timedelta(hours=hour)
        of_hour = [
            (START + timedelta(minutes=minute), is_fahrenheit, value)
            for minute, is_fahrenheit, value in points
            if minute // 60 == hour
        ]
        for unit, conversion in (("[degF]", FAHRENHEIT), ("Cel", Conversion())):
            if some := [
                (at, value) for at, is_fahrenheit, value in of_hour if is_fahrenheit == (unit != "Cel")
            ]:
                parts.append(part(start, some, unit).converted(conversion))
        if of_hour:
            plain = [(at, FAHRENHEIT(v) if is_fahrenheit else v) for at, is_fahrenheit, v in of_hour]
            expected.append(part(start, plain, "Cel"))

    told = joined(parts[::-1])

    assert [(each.start, each.count) for each in told] == [(each.start, each.count) for each in expected]
    for one, other in zip(told, expected, strict=True):
        assert (one.low, one.high, one.first, one.last) == (other.low, other.high, other.first, other.last)
        assert one.mean == pytest.approx(other.mean, rel=1e-10, abs=1e-8)
        assert one.low <= one.mean <= one.high
