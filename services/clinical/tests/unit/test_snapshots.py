"""What a mapping file makes of entries."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import clinical
import pytest
from clinical.domain.mapping_files import MappingUnreadable
from clinical.domain.measurements import Measurements
from clinical.domain.node_paths import occurrences
from clinical.domain.snapshot import Kept, filled
from clinical.domain.snapshot_mapping import SnapshotMapping
from openward_contracts.identifiers import EhrId
from openward_openehr.recorded.model import Code, Entry, Value

SHIPPED = Path(clinical.__path__[0])
NOW = datetime(2026, 11, 23, tzinfo=UTC)
PROBLEM = "openEHR-EHR-EVALUATION.problem_diagnosis.v1"
NAME, STATUS, RESOLVED = (f"/data[at0001]/items[{code}]" for code in ("at0002", "at0063", "at0030"))
MAPPING = f"""
[[sections]]
name = "problems"
label.en = "Problems"
most = 2
MORE
[[sections.items]]
archetype = "{PROBLEM}"
title = ["{NAME}"]
details.status = ["{STATUS}"]
[[sections.items.inactive]]
node = "{RESOLVED}"
past = true
[[sections.items.inactive]]
node = "{STATUS}"
codes = ["local::at0067"]
[[sections.items.excluded]]
node = "{STATUS}"
codes = ["local::at0066"]
"""


def mapping(more: str = "") -> str:
    return MAPPING.replace("MORE", more)


NAMED = Measurements.read((SHIPPED / "measurements.toml").read_text(encoding="utf-8"))


def value(node: str, text: str, path: str | None = None, **more: Any) -> Value:
    return Value(f"{node}/value", f"{path or node}/value", (text,), "DV_TEXT", text, **more)


def entry(*values: Value, archetype: str = PROBLEM) -> Kept:
    of = Entry(0, "EVALUATION", archetype, "Problem", f"/content[{archetype}]", values)
    return Kept(uuid4(), 1, EhrId.new(), None, NOW, NOW, of)


def shown(*kept: Kept, inactive: bool = False, more: str = "") -> Any:
    (section,) = SnapshotMapping.read(mapping(more), NAMED).sections
    return filled(section, kept, NOW, inactive=inactive, more=False)


def told(*kept: Kept, **how: Any) -> list[tuple[str, bool]]:
    return [(item.title.text, item.active) for item in shown(*kept, **how).items]


def status(code: str) -> Value:
    return value(STATUS, code, codes=(Code("local", code),))


def test_the_shipped_file_can_be_read() -> None:
    shipped = SnapshotMapping.read((SHIPPED / "snapshot.toml").read_text(encoding="utf-8"), NAMED)
    assert [each.name for each in shipped.sections] == ["problems", "medications", "allergies", "vitals"]
    assert all(each.label.keys() >= {"en", "de"} for each in shipped.sections)
    assert {PROBLEM, "openEHR-EHR-INSTRUCTION.medication_order.v3"} <= shipped.archetypes


def test_what_is_over_is_inactive_and_comes_last() -> None:
    over = entry(value(NAME, "Cough"), value(RESOLVED, "x", content={"value": "2026-11-22T23:00:00Z"}))
    not_yet = entry(value(NAME, "Cast"), value(RESOLVED, "x", content={"value": "2026-12-01"}))
    resolved = entry(value(NAME, "Rash"), status("at0067"))
    assert told(over, not_yet, resolved) == [("Cast", True)]
    assert told(over, not_yet, inactive=True) == [("Cast", True), ("Cough", False)]
    assert told(resolved, inactive=True) == [("Rash", False)]


def test_what_is_excluded_nameless_or_of_another_is_no_item() -> None:
    mother = replace(value("", "mother"), node="/subject/relationship")
    entries = (
        entry(value(NAME, "Refuted"), status("at0066")),
        entry(status("at0065")),
        entry(mother, value(NAME, "Of the mother")),
        entry(value(NAME, "masked", null_flavour=Code("openehr", "272"))),
        entry(value(NAME, "Another"), archetype="openEHR-EHR-EVALUATION.other.v1"),
    )
    assert told(*entries, inactive=True) == []


def test_as_many_as_the_file_says_in_the_order_that_it_says() -> None:
    entries = [entry(value(NAME, name)) for name in ("b", "C", "a")]
    assert told(*entries) == [("b", True), ("C", True)]
    assert shown(*entries).more
    assert told(*entries, more='order = "title"') == [("a", True), ("b", True)]
    assert not shown(*entries[:2]).more


def test_structures_are_told_apart_by_their_paths() -> None:
    left, right = "/activities[at0001 and name/value='a/b]\\'s']", "/activities[at0001,2]"
    values = [
        value(
            "/activities[at0001]/description[at0002]/items[at0070]",
            "x",
            f"{left}/description[at0002]/items[at0070]",
        ),
        value("/activities[at0001]/timing", "y", f"{right}/timing"),
        value("/expiry_time", "z"),
        value("/activities[at0001]/timing", "w", f"{left}/timing"),
        value("/activities[at00011]/timing", "beside"),
    ]
    found = occurrences(values, "/activities[at0001]")
    assert [(each.path, [value.text for value in each.values]) for each in found] == [
        (left, ["x", "w", "z", "beside"]),
        (right, ["y", "z", "beside"]),
    ]
    assert [each.path for each in occurrences(values, "")] == [""]
    assert occurrences([], "/activities[at0001]") == []


@pytest.mark.parametrize(
    ("text", "told_why"),
    [
        ("sections = []", "sections"),
        (mapping() * 2, "two have the same name"),
        (mapping('measurements = ["systolic"]'), "either items or measurements"),
        ("[[sections]]\nname='v'\nlabel={en='V'}", "either items or measurements"),
        ("[[sections]]\nname='v'\nlabel={en='V'}\nmeasurements=['sistolic']", "none is called sistolic"),
        (mapping().replace("most = 2", "most = 0"), "sections.0.most"),
        (mapping('order = "random"'), "sections.0.order"),
        (mapping().replace(f'["{NAME}"]', '["at0002"]'), "title.0: must be a path"),
        (mapping().replace(PROBLEM, "problem"), "archetype: must be an archetype id"),
        (mapping().replace("past", "pasd"), "inactive.0.pasd"),
    ],
)
def test_a_file_that_says_something_else_is_refused_in_one_line(text: str, told_why: str) -> None:
    with pytest.raises(MappingUnreadable) as refused:
        SnapshotMapping.read(text, NAMED)
    assert told_why in str(refused.value)
    assert "\n" not in str(refused.value)
