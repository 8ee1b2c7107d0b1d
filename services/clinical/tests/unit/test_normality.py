"""Where values lie beside their normal ranges."""

from typing import Any

import pytest
from clinical.domain.normality import Mark, mark
from openward_openehr.recorded.model import Value


def value(magnitude: float | None, normal: Any = None, status: str | None = None, **content: Any) -> Value:
    return Value(
        "/n", "/p", (), "DV_QUANTITY", "", magnitude=magnitude, range=normal, status=status, content=content
    )


@pytest.mark.parametrize(
    ("magnitude", "normal", "expected"),
    [
        (3.0, (3.5, 5.0), Mark.BELOW),
        (3.5, (3.5, 5.0), Mark.IN),
        (5.0, (3.5, 5.0), Mark.IN),
        (5.1, (3.5, 5.0), Mark.ABOVE),
        (9.9, (3.5, None), Mark.IN),
        (-9.0, (None, 5.0), Mark.IN),
        (None, (3.5, 5.0), None),
        (4.0, None, None),
    ],
)
def test_a_value_is_marked_by_its_range(magnitude: float | None, normal: Any, expected: Mark | None) -> None:
    assert mark(value(magnitude, normal)) is expected


def test_a_bound_may_be_outside_of_its_range() -> None:
    given = {"lower_included": False, "upper_included": False}
    assert mark(value(3.5, (3.5, 5.0), normal_range=given)) is Mark.BELOW
    assert mark(value(5.0, (3.5, 5.0), normal_range=given)) is Mark.ABOVE


@pytest.mark.parametrize(
    ("status", "expected"),
    [("N", Mark.IN), ("L", Mark.BELOW), ("LLL", Mark.BELOW), ("HH", Mark.ABOVE), ("?", None), (None, None)],
)
def test_without_a_range_the_status_tells(status: str | None, expected: Mark | None) -> None:
    assert mark(value(4.0, None, status)) is expected


def test_a_range_says_more_than_a_status() -> None:
    assert mark(value(4.0, (3.5, 5.0), "H")) is Mark.IN


@pytest.mark.parametrize(
    ("sign", "magnitude", "expected"),
    [("<", 3.0, Mark.BELOW), ("<", 4.0, None), (">", 6.0, Mark.ABOVE), (">=", 4.0, None), ("~", 4.0, None)],
)
def test_an_end_alone_is_marked_only_where_it_is_certain(
    sign: str, magnitude: float, expected: Mark | None
) -> None:
    assert mark(value(magnitude, (3.5, 5.0), magnitude_status=sign)) is expected
    assert mark(value(4.0, (3.5, 5.0), "H", magnitude_status=sign)) is Mark.ABOVE
