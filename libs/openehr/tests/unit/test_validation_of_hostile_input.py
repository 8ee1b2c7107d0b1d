"""Whatever JSON can hold, and more: nothing raises, and nothing takes long."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openward_openehr.validation import Format, Rule, validate
from openward_testkit.web_templates import CONTEXT, coded, entry, value

TEMPLATE = entry(
    value("note", "DV_TEXT", {"type": "TEXT", "validation": {"pattern": "/(a+)b/"}}),
    value(
        "weight",
        "DV_QUANTITY",
        {"suffix": "unit", "type": "CODED_TEXT", "list": [{"value": "kg", "label": "kg"}]},
    ),
    value("position", "DV_CODED_TEXT", coded("at0010")),
    value("day", "DV_DATE"),
    value("pain", "DV_ORDINAL", {"type": "CODED_TEXT", "list": [{"value": "at0020", "label": "none"}]}),
    value("image", "DV_MULTIMEDIA"),
    value("share", "DV_PROPORTION"),
    value("stay", "DV_DURATION"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)
NAMES = st.sampled_from(
    [
        "health",
        "entry",
        "note",
        "weight",
        "position",
        "pain",
        "image",
        "share",
        "_mapping",
        "purpose",
        "_normal_range",
        "lower",
        "_link",
        "",
    ]
)
PATHS = st.builds(
    lambda names, suffix: "/".join(names) + suffix,
    st.lists(st.builds(lambda name, index: name + index, NAMES, st.sampled_from(["", ":0", ":1", ":x"]))),
    st.sampled_from(
        [
            "",
            "|magnitude",
            "|code",
            "|value",
            "|raw",
            "|",
            "|ordinal",
            "|size",
            "|numerator",
            "|normal_status",
        ]
    ),
)
FORMATS = list(Format)


def deep(levels: int) -> Any:
    nested: Any = "end"
    for level in range(levels):
        nested = {"_type": "CLUSTER", "items": [nested]} if level % 2 else [nested]
    return nested


@given(JSON)
@pytest.mark.parametrize("format", FORMATS)
def test_any_json_is_answered(format: Format, document: Any) -> None:  # noqa: A002  as the argument is named
    assert isinstance(validate(TEMPLATE, document, format), list)


@given(st.dictionaries(PATHS | st.text(max_size=30), JSON, max_size=6))
def test_any_flat_composition_is_answered(flat: dict[str, Any]) -> None:
    assert isinstance(validate(TEMPLATE, CONTEXT | flat), list)


@pytest.mark.parametrize("format", FORMATS)
def test_depth_without_end_is_answered(format: Format) -> None:  # noqa: A002  as the argument is named
    document = {"_type": "COMPOSITION", "content": deep(50_000), "health": deep(50_000)}
    assert validate(TEMPLATE, document, format)


def test_a_thousand_problems_are_enough() -> None:
    flat = {f"health/entry/unknown_{n}": n for n in range(20_000)}
    begun = time.process_time()
    assert len(validate(TEMPLATE, flat)) == 1_000
    assert time.process_time() - begun < 20


def test_long_paths_and_texts_take_no_time() -> None:
    flat: dict[str, Any] = {
        "health/" * 20_000 + "note": "a",
        "health/entry/note": "a" * 1_000_000,
        "health/entry/day": "1" * 1_000_000,
        "health/entry/stay": "P" + "1" * 1_000_000,
        "health/entry/weight|magnitude": "9" * 1_000_000,
        "health/entry/note" + "/_mapping/purpose" * 5_000: "a",
    }
    begun = time.process_time()
    assert validate(TEMPLATE, flat)
    assert time.process_time() - begun < 20


def test_what_is_remembered_of_paths_is_bounded() -> None:
    for start in range(0, 6_000, 1_000):
        validate(TEMPLATE, {f"health/entry:{n}/note": "a" for n in range(start, start + 1_000)})
    assert len(TEMPLATE.places) <= 5_000


def test_an_index_that_is_huge_is_no_index() -> None:
    (found,) = (
        each
        for each in validate(TEMPLATE, CONTEXT | {"health/entry:99999999999/note": "a"})
        if each.rule is Rule.MALFORMED_PATH
    )
    assert found.path == "health/entry:99999999999/note"
