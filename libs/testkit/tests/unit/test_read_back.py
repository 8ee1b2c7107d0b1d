"""What counts as the same composition after EHRbase had it."""

from typing import Any

import pytest
from openward_openehr.examples import Format
from openward_testkit.read_back import unlike

FLAT: dict[str, Any] = {
    "record/context/start_time": "2025-01-01T10:00:00Z",
    "record/pulse/rate|magnitude": 61.5,
    "record/pulse/score|code": "at0005",
    "record/pulse/range|upper_included": True,
    "record/pulse/part|numerator": 1.0,
    "record/empty/_name|value": "Empty",
}
READ = {
    "record/_uid": "0b5c::cdr::1",
    "record/context/start_time": "2025-01-01T10:00:00Z",
    "record/pulse/rate|magnitude": 61.5,
    "record/pulse/score|code": "at0005",
    "record/pulse/score|value": "Some",
    "record/pulse/score|ordinal": 2,
    "record/pulse/part": 0.5,
    "record/pulse/part|numerator": 1.0,
}
EVENTS = [{"archetype_node_id": "at2", "value": 2}, {"archetype_node_id": "at1", "value": 1}]


def test_what_ehrbase_adds_and_leaves_out_is_the_same() -> None:
    assert unlike(FLAT, READ, Format.FLAT) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [("record/pulse/rate|magnitude", 61.4), ("record/pulse/rate|magnitude", None), ("record/pulse/x", 1)],
)
def test_another_value_none_and_one_too_many_are_told(path: str, value: object) -> None:
    assert unlike(FLAT, READ | {path: value}, Format.FLAT) == [path]


def test_a_value_that_is_gone_is_told() -> None:
    read = {path: value for path, value in READ.items() if path != "record/pulse/score|code"}
    assert "record/pulse/score|code" in unlike(FLAT, read, Format.FLAT)


def test_structured_may_have_a_value_under_its_own_name() -> None:
    written = {"record": {"picture": [{"": "https://example.org/1", "|size": 5}]}}
    read = {"record": {"picture": [{"|value": "https://example.org/1", "|size": 5}]}}
    assert unlike(written, read, Format.STRUCTURED) == []


def test_canonical_events_are_the_same_in_any_order() -> None:
    written, read = ({"_type": "HISTORY", "events": each} for each in (EVENTS, EVENTS[::-1]))
    assert unlike(written, {"events": read["events"]}, Format.CANONICAL) == []


def test_canonical_items_are_not() -> None:
    written, read = ({"items": [each["value"] for each in of]} for of in (EVENTS, EVENTS[::-1]))
    assert unlike(written, read, Format.CANONICAL) == ["/items:0", "/items:1"]


def test_a_context_of_the_moment_is_ehrbases_own() -> None:
    read = {"uid": {"value": "0b5c::cdr::1"}, "context": {"start_time": "2026-01-01"}, "name": "Record"}
    assert unlike({"name": "Record"}, read, Format.CANONICAL) == []
    assert unlike({"name": "Record", "context": {"setting": 1}}, read, Format.CANONICAL) != []
