"""What of a composition is kept: its values as JSON, and what they are found by."""

import json
from typing import Any, cast

import pytest
from clinical.adapters.recorded_entries import entry_of
from clinical.domain.extraction import extract
from openward_openehr.recorded.cutting import cut, marked
from openward_openehr.recorded.model import Value


def quantity(magnitude: Any, **more: Any) -> dict[str, Any]:
    return {"_type": "DV_QUANTITY", "magnitude": magnitude, "units": "mm[Hg]", **more}


def composition(*values: dict[str, Any], start: str = "2026-11-22T10:00:00+02:00") -> dict[str, Any]:
    items = [
        {
            "_type": "ELEMENT",
            "archetype_node_id": f"at{number:04}",
            "name": {"value": "Größe"},
            "value": value,
        }
        for number, value in enumerate(values, 4)
    ]
    return {
        "_type": "COMPOSITION",
        "archetype_node_id": "openEHR-EHR-COMPOSITION.encounter.v1",
        "name": {"value": "Visit"},
        "context": {"_type": "EVENT_CONTEXT", "start_time": {"value": start}},
        "content": [
            {
                "_type": "EVALUATION",
                "archetype_node_id": "openEHR-EHR-EVALUATION.size.v1",
                "name": {"value": "Size"},
                "data": {"_type": "ITEM_TREE", "archetype_node_id": "at0001", "items": items},
            }
        ],
    }


CODED: dict[str, Any] = {
    "_type": "DV_CODED_TEXT",
    "value": "Sitting",
    "defining_code": {"terminology_id": {"value": "local"}, "code_string": "at1001"},
}


def test_values_are_documents_of_the_librarys_values() -> None:
    extracted = extract(composition(quantity(120.0), CODED))
    assert extracted is not None
    first, second = json.loads(extracted.entries[0].values)

    assert first.keys() == second.keys() == set(Value.__slots__) - {"cut"}
    assert (first["magnitude"], first["units"], first["names"][-1]) == (120.0, "mm[Hg]", "Größe")
    assert second["codes"] == [{"terminology": "local", "code": "at1001", "text": "Sitting"}]


def test_a_value_that_was_cut_is_kept_as_such() -> None:
    text = {"_type": "DV_TEXT", "value": cut("Dear colleague, ", 5_000_000)}
    extracted = extract(marked(composition(text, quantity(120.0))))
    assert extracted is not None
    first, second = json.loads(extracted.entries[0].values)

    assert (first["text"], first["cut"], first["content"]) == (
        "Dear colleague, …",
        5_000_000,
        {"_type": "DV_TEXT"},
    )
    assert "cut" not in second
    row = {"position": 0, "rm_type": "", "archetype_id": "", "name": "", "path": "", "at": None}
    row |= {"sections": [], "values": extracted.entries[0].values}
    assert [value.cut for value in entry_of(cast("Any", row)).values] == [5_000_000, 0]


def test_an_entry_is_found_by_its_words_and_codes() -> None:
    extracted = extract(composition(quantity(120.0), CODED))
    assert extracted is not None
    [entry] = extracted.entries

    assert {"size", "größe", "120 mm[hg]", "sitting"} <= set(entry.words.split("\n"))
    assert entry.codes == ("local::at1001",)


def test_a_value_that_is_neither_a_number_nor_coded_is_not_plotted() -> None:
    extracted = extract(composition({"_type": "DV_TEXT", "value": "tall"}, CODED, quantity(1)))
    assert extracted is not None
    plotted = extracted.entries[0].plotted

    assert [(value.ordinal, value.magnitude) for value in plotted] == [(1, None), (2, 1.0)]
    assert plotted[0].node.startswith("openEHR-EHR-EVALUATION.size.v1/")


def test_times_are_kept_in_utc() -> None:
    extracted = extract(composition(quantity(1)))
    assert extracted is not None
    assert str(extracted.started_at) == "2026-11-22 08:00:00+00:00"


@pytest.mark.parametrize("odd", [float("inf"), float("nan")])
def test_what_no_database_holds_is_not_read(odd: float) -> None:
    assert extract(composition(quantity(odd))) is None


def test_something_that_nests_without_end_is_not_read() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"items": deep}
    assert extract(composition(quantity(1, mappings=deep))) is None
