"""What is told of a composition of which long strings were cut: that, and nothing that was not recorded."""

import json
from typing import Any

import pytest
from openward_openehr.recorded.cutting import cut, is_marked, marked, shortened
from openward_openehr.recorded.model import Value
from openward_openehr.recorded.reading import read

LETTER = cut("Dear colleague, ", 5_000_000)
SENT = "Dear colleague, …"
IMAGE = {"_type": "DV_MULTIMEDIA", "media_type": {"code_string": "image/png"}, "size": 15_000_000}
SITTING = {"terminology_id": {"value": "local"}, "code_string": "at1001"}


def element(value: Any, name: Any = "Letter") -> dict[str, Any]:
    return {"_type": "ELEMENT", "archetype_node_id": "at0004", "name": {"value": name}, "value": value}


def values(*elements: dict[str, Any]) -> tuple[Value, ...]:
    entry = {
        "_type": "EVALUATION",
        "archetype_node_id": "openEHR-EHR-EVALUATION.letter.v1",
        "data": {"_type": "ITEM_TREE", "archetype_node_id": "at0001", "items": list(elements)},
    }
    composition = marked({"_type": "COMPOSITION", "content": [entry]})
    assert is_marked(composition)
    (found,) = shortened(read(composition)).entries
    return found.values


def value(item: Any) -> Value:
    (found,) = values(element(item))
    return found


@pytest.mark.parametrize("rm_type", ["DV_TEXT", "DV_PARSABLE", "DV_URI", "DV_SOMETHING"])
def test_of_a_long_text_the_beginning_is_told_as_such(rm_type: str) -> None:
    found = value({"_type": rm_type, "value": LETTER, "formalism": "html"})

    assert SENT in found.text
    assert found.cut == 5_000_000
    assert found.content == {"_type": rm_type, "formalism": "html"}


def test_of_a_file_its_type_and_size_are_told_as_of_any() -> None:
    found = value(IMAGE | {"data": cut("iVBORw0KGgo", 20_000_000), "alternate_text": "Thorax"})

    assert (found.text, found.cut, found.content) == (
        "Thorax, image/png, 15000000 bytes",
        0,
        IMAGE | {"alternate_text": "Thorax"},
    )


def test_a_size_that_is_not_said_is_not_made_up() -> None:
    image = {name: each for name, each in IMAGE.items() if name != "size"}
    assert value(image | {"data": cut("iVBORw0KGgo", 20_000_000)}).text == "image/png"


def test_what_was_cut_within_a_value_counts() -> None:
    paragraph = {"_type": "DV_PARAGRAPH", "items": [{"value": "First"}, {"value": LETTER}, {"value": LETTER}]}
    found = value(paragraph)

    assert found.text == f"First\n{SENT}\n{SENT}"
    assert found.cut == 10_000_000
    assert found.content == {"_type": "DV_PARAGRAPH", "items": [{"value": "First"}, {}, {}]}


def test_a_long_text_with_a_code_keeps_it() -> None:
    found = value({"_type": "DV_CODED_TEXT", "value": LETTER, "defining_code": SITTING})

    assert (found.text, found.codes[0].code, found.codes[0].text) == (SENT, "at1001", SENT)
    assert "value" not in (found.content or {})


def test_what_was_not_cut_is_told_as_ever() -> None:
    quantity = {"_type": "DV_QUANTITY", "magnitude": 120.0, "units": "mm[Hg]"}
    letter, pressure = values(element({"_type": "DV_TEXT", "value": LETTER}), element(quantity))

    assert (pressure.magnitude, pressure.cut, pressure.content) == (120.0, 0, quantity)
    assert letter.cut


@pytest.mark.parametrize("odd", [LETTER, [LETTER, 1], {"_type": "DV_TEXT", "value": [LETTER]}])
def test_where_no_text_belongs_it_is_cut_all_the_same(odd: Any) -> None:
    found = value(odd)
    assert "Dear" not in json.dumps(found.content)
    assert found.text in ("", SENT)


def test_a_name_that_was_cut_shows_it() -> None:
    (found,) = values(element({"_type": "DV_BOOLEAN", "value": True}, LETTER))
    assert (found.names, found.text) == ((SENT,), "true")
