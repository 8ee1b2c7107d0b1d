"""Values of examples: within ranges, patterns and lists, whatever the seed."""

import re
from typing import Any

import pytest
from openward_openehr.examples import amounts, moments, ranges
from openward_openehr.examples.dice import Dice
from openward_openehr.examples.matching import PatternNotUnderstood, matching
from openward_openehr.examples.values import Making, make
from openward_openehr.web_template.model import Choice, Input, Node, Range, Validation

SEEDS = range(25)


def node(rm_type: str, *inputs: Input, children: tuple[Node, ...] = (), **more: Any) -> Node:
    path = more.pop("path", "/content/data/items[at0001]/value")
    return Node("value", "value", rm_type, 1, 1, path, inputs=inputs, children=children, **more)


def made(of: Node, seed: int) -> Any:
    return make(of, Making(Dice(seed), "en", "2025-01-01T10:00:00Z", full=True))


def test_dice_throw_the_same_on_every_python() -> None:
    dice = Dice(42)
    assert [dice.integer(1, 6) for _ in range(8)] == [4, 1, 2, 2, 5, 5, 6, 1]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("within", "least", "greatest"),
    [
        (Range(0, ">", 1, "<"), 0.01, 0.99),
        (Range(-5, ">=", -4, "<="), -5, -4),
        (Range(5000, ">="), 5000, 5000),
        (Range(max=-3, max_op="<="), -3, -3),
        (Range(2.5, ">=", 2.5, "<="), 2.5, 2.5),
        (None, 1, 60),
    ],
)
def test_a_decimal_is_within_its_range(
    within: Range | None, least: float, greatest: float, seed: int
) -> None:
    assert least <= ranges.decimal(Dice(seed), within, (1, 60), 2) <= greatest


@pytest.mark.parametrize("seed", SEEDS)
def test_an_integer_is_usual_where_the_range_lets_it(seed: int) -> None:
    assert 1 <= ranges.integer(Dice(seed), Range(0, ">=", 1000, "<="), (1, 6)) <= 6


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy-mm-dd", r"\d{4}-\d\d-\d\d"),
        ("yyyy-??-XX", r"\d{4}-\d\d"),
        ("yyyy-XX-XX", r"\d{4}"),
        (None, r"\d{4}-\d\d-\d\d"),
    ],
)
def test_a_date_is_as_exact_as_its_pattern_allows(pattern: str | None, expected: str) -> None:
    assert re.fullmatch(expected, moments.date(Dice(1), pattern))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy-mm-ddTHH:MM:SS", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),
        ("yyyy-mm-ddTHH:??:XX", r"\d{4}-\d\d-\d\dT\d\d:\d\d"),
        ("yyyy-mm-XXTXX:XX:XX", r"\d{4}-\d\d"),
        (None, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    ],
)
def test_a_date_time_is_as_exact_as_its_pattern_allows(pattern: str | None, expected: str) -> None:
    assert re.fullmatch(expected, moments.date_time(Dice(1), pattern))


def test_a_date_is_not_before_its_range() -> None:
    assert moments.date(Dice(1), None, Range("2030-01-01", ">=", "2030-12-31", "<=")) == "2030-01-01"


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"hour": Range(24, ">=", 24, "<="), "minute": Range(0, ">=")}, "PT24H"),
        ({"month": Range(3, ">="), "day": Range(0, ">=")}, "P3M"),
        ({"day": Range(0, ">=", 0, "<="), "second": Range(7, ">=", 7, "<=")}, "PT7S"),
    ],
)
def test_a_duration_is_at_least_what_its_parts_ask_for(bounds: dict[Any, Range], expected: str) -> None:
    inputs = [Input("INTEGER", suffix, validation=Validation(range=each)) for suffix, each in bounds.items()]
    assert moments.duration(Dice(1), tuple(inputs)) == expected


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "pattern",
    [
        r"[A-Z]{2}\d{4,6}",
        r"(urn:)?(oid|uuid):[0-9.]+",
        r"^\w+@example\.org$",
        r"openEHR-EHR-CLUSTER\.device(-[a-zA-Z0-9_]+)*\.v1",
        r"[^a-z\]]x?",
        r".*",
        r"a-b|c\.d",
        r"(?:x|y){3}",
    ],
)
def test_text_matches_its_pattern(pattern: str, seed: int) -> None:
    assert re.fullmatch(pattern, matching(pattern, Dice(seed)))


@pytest.mark.parametrize("pattern", [r"(?=x)y", r"(a", r"a)", r"[abc", r"\bword", "\\"])
def test_a_pattern_that_is_not_understood_is_told(pattern: str) -> None:
    with pytest.raises(PatternNotUnderstood):
        matching(pattern, Dice(1))


def test_a_text_has_what_its_pattern_asks_for() -> None:
    of_expression, literal = (
        node("DV_TEXT", Input("TEXT", validation=Validation(pattern=pattern)))
        for pattern in ("/a[bc]/", "a[bc]")
    )
    assert made(of_expression, 1)["value"] in ("ab", "ac")
    assert made(literal, 1)["value"] == "a[bc]"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bounds_of_an_interval_are_in_order_and_of_one_unit(seed: int) -> None:
    units = Input("CODED_TEXT", "unit", (Choice("kg", "kg"), Choice("g", "g")))
    lower, upper = (
        node("DV_QUANTITY", Input("DECIMAL", "magnitude"), units, path=f"/value/{each}")
        for each in ("lower", "upper")
    )
    interval = made(node("DV_INTERVAL<DV_QUANTITY>", children=(upper, lower)), seed)
    assert interval["lower"]["magnitude"] <= interval["upper"]["magnitude"]
    assert interval["lower"]["units"] == interval["upper"]["units"]


def test_an_interval_is_open_where_the_template_has_no_bound() -> None:
    lower = node("DV_COUNT", Input("INTEGER"), path="/value/lower")
    interval = made(node("DV_INTERVAL<DV_COUNT>", children=(lower,)), 1)
    assert (interval["upper_unbounded"], interval["upper_included"]) == (True, False)
    assert "upper" not in interval


@pytest.mark.parametrize(
    ("kind", "number", "denominator"),
    [("percent", 2, 100.0), ("unitary", 1, 1.0)],
)
def test_a_proportion_has_the_denominator_of_its_kind(kind: str, number: int, denominator: float) -> None:
    value = amounts.proportion(node("DV_PROPORTION", proportion_types=(kind,)), Dice(1))
    assert (value["type"], value["denominator"]) == (number, denominator)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_coded_text_is_of_its_list(seed: int) -> None:
    choices = (Choice("at0005", "Sitting"), Choice("at0006", "Lying"))
    value = made(node("DV_CODED_TEXT", Input("CODED_TEXT", "code", choices, terminology="local")), seed)
    assert (value["defining_code"]["code_string"], value["value"]) in {(c.value, c.label) for c in choices}


def test_a_coded_text_of_an_open_list_is_free_text_now_and_then() -> None:
    inputs = (Input("CODED_TEXT", "code", (Choice("at0005", "Sitting"),)), Input("TEXT", "other"))
    assert {made(node("DV_CODED_TEXT", *inputs), seed)["_type"] for seed in SEEDS} == {
        "DV_CODED_TEXT",
        "DV_TEXT",
    }
