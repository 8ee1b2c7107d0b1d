"""Changes between two versions, whatever was put in between."""

from collections import Counter
from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from openward_cli.demo import vital_signs
from openward_openehr.examples import Detail, Format, example
from openward_openehr.recorded.alignment import aligned
from openward_openehr.recorded.difference import Change, Kind, changes
from openward_openehr.recorded.model import Entry, Recorded, Value
from openward_openehr.recorded.reading import read
from openward_openehr.web_template import compiling

MORNING, NOON = datetime(2025, 2, 24, 8, tzinfo=UTC), datetime(2025, 2, 24, 12, tzinfo=UTC)
TEMPLATE = compiling.compile(vital_signs.opt())
FULL = compiling.compile_full(vital_signs.opt())


def value(name: str, text: str, time: datetime | None = None, **more: Any) -> Value:
    content = {"_type": "DV_TEXT", "value": text}
    return Value(
        f"/items[{name}]/value",
        f"/items[{name}]/value",
        (name,),
        "DV_TEXT",
        text,
        time,
        content=content,
        **more,
    )


def entry(name: str, *values: Value, **more: Any) -> Entry:
    rm_type = more.pop("rm_type", "OBSERVATION")
    return Entry(0, rm_type, f"openEHR-EHR-{rm_type}.x.v1", name, "/content", values, **more)


def recorded(*entries: Entry, **more: Any) -> Recorded:
    return Recorded("t", "openEHR-EHR-COMPOSITION.x.v1", "Visit", "en", "event", "A", entries, **more)


def told(found: tuple[Change, ...]) -> list[tuple[str, str | None, str | None]]:
    return [(each.kind.value, _text(each.before), _text(each.after)) for each in found]


def _text(value: Value | None) -> str | None:
    return value.text if value else None


def test_the_same_has_no_changes() -> None:
    one = recorded(entry("A", value("x", "1")))
    assert changes(one, one) == ()


def test_a_changed_value_says_what_it_was() -> None:
    (change,) = changes(recorded(entry("A", value("x", "1"))), recorded(entry("A", value("x", "2"))))
    assert (change.kind, change.entry and change.entry.name) == (Kind.CHANGED, "A")
    assert (change.before and change.before.text, change.after and change.after.text) == ("1", "2")


def test_a_repetition_that_was_put_in_shifts_nothing() -> None:
    before = [value("x", "1"), value("y", "1"), value("x", "2"), value("y", "2")]
    inserted = [value("x", "0"), value("y", "0")]
    after = [*inserted, *before[:2], value("x", "3"), before[3]]
    assert told(changes(recorded(entry("A", *before)), recorded(entry("A", *after)))) == [
        ("added", None, "0"),
        ("added", None, "0"),
        ("changed", "2", "3"),
    ]


def test_events_belong_together_by_their_times() -> None:
    before = recorded(entry("A", value("x", "1", NOON)))
    after = recorded(entry("A", value("x", "7", MORNING), value("x", "2", NOON)))
    assert told(changes(before, after)) == [("added", None, "7"), ("changed", "1", "2")]


def test_an_event_at_another_time_is_a_change() -> None:
    (change,) = changes(
        recorded(entry("A", value("x", "1", MORNING))), recorded(entry("A", value("x", "1", NOON)))
    )
    assert change.kind == Kind.CHANGED


def test_entries_are_added_and_removed_with_all_their_values() -> None:
    before = recorded(entry("A", value("x", "1")), entry("B", value("x", "2")))
    after = recorded(entry("C", value("x", "0")), entry("A", value("x", "1")))
    assert told(changes(before, after)) == [("added", None, "0"), ("removed", "2", None)]


def test_a_renamed_or_moved_entry_is_another_one() -> None:
    before = recorded(entry("A", value("x", "1"), sections=("S",)))
    after = recorded(entry("A", value("x", "1")))
    assert sorted(each.kind for each in changes(before, after)) == ["added", "removed"]


def test_of_a_deleted_version_everything_was_removed() -> None:
    found = changes(recorded(entry("A", value("x", "1"))), None)
    assert {each.kind for each in found} == {Kind.REMOVED}
    assert [each.value.names[0] for each in found] == ["name", "category", "language", "composer", "x"]


def test_the_head_of_the_composition_is_compared() -> None:
    (change,) = changes(recorded(started_at=MORNING), recorded(started_at=NOON))
    assert (change.value.names, change.entry) == (("start time",), None)


def test_the_time_of_a_step_is_compared() -> None:
    before, after = (recorded(entry("A", rm_type="ACTION", time=time)) for time in (MORNING, NOON))
    (change,) = changes(before, after)
    assert (change.value.node, change.value.text) == ("/time", "2025-02-24 12:00:00+00:00")


def test_values_that_changed_places_are_no_change() -> None:
    one, two = value("x", "1"), value("x", "2")
    assert changes(recorded(entry("A", one, two)), recorded(entry("A", two, one))) == ()


def test_what_changed_and_also_its_place_is_one_change() -> None:
    before = recorded(entry("A", value("x", "1")), entry("B", value("x", "2")))
    after = recorded(entry("B", value("x", "3")), entry("A", value("x", "1")))
    assert told(changes(before, after)) == [("changed", "2", "3")]


def test_much_that_is_alike_is_compared_by_its_order() -> None:
    before = [value("x", str(number % 2)) for number in range(2000)]
    after = [value("x", "2"), *before[:-1]]
    assert len(changes(recorded(entry("A", *before)), recorded(entry("A", *after)))) == 1


FEW = st.lists(st.integers(0, 3), max_size=8)


def parity(number: int) -> Hashable:
    return number % 2


def parity_and_all(number: int) -> Hashable:
    return parity(number), number


@given(FEW, FEW)
def test_a_member_is_in_one_pair_at_most_and_the_rest_is_equal(before: list[int], after: list[int]) -> None:
    pairs = [*aligned(before, after, parity_and_all, (parity,))]
    olds = Counter(was for was, _ in pairs if was is not None)
    news = Counter(became for _, became in pairs if became is not None)
    assert not olds - Counter(before)
    assert not news - Counter(after)
    assert Counter(before) - olds == Counter(after) - news


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_changes_lead_from_one_version_to_the_other(one: int, other: int) -> None:
    before, after = (
        read(example(TEMPLATE, Format.CANONICAL, Detail.FULL, seed, full=FULL)) for seed in (one, other)
    )
    found = changes(before, after)
    values = [value for entry in before.entries for value in entry.values]
    others = [value for entry in after.entries for value in entry.values]
    in_entries = [each for each in found if each.entry]
    added = sum(each.before is None for each in in_entries)
    removed = sum(each.after is None for each in in_entries)
    assert len(values) - removed + added == len(others)
    assert not any(each.before == each.after for each in found)
    assert changes(after, after) == ()
