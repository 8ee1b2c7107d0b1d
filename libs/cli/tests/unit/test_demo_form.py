from typing import Any

from openward_cli.demo.form import fields


def leaf(name: str, rm_type: str, *inputs: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"id": name, "rmType": rm_type, "aqlPath": f"/{name}", "inputs": list(inputs), **more}


def between(low: float, high: float) -> dict[str, Any]:
    return {"range": {"min": low, "minOp": ">=", "max": high, "maxOp": "<="}}


def unit(name: str, low: float, high: float) -> dict[str, Any]:
    return {"value": name, "label": name, "validation": between(low, high)}


TEMPERATURE = leaf(
    "temperature",
    "DV_QUANTITY",
    {"suffix": "magnitude", "type": "DECIMAL"},
    {"suffix": "unit", "type": "CODED_TEXT", "list": [unit("Cel", 20, 46), unit("[degF]", 68, 115)]},
)
SPO2 = leaf(
    "spo2",
    "DV_PROPORTION",
    {"suffix": "numerator", "type": "DECIMAL", "validation": between(0, 100)},
    {"suffix": "denominator", "type": "DECIMAL", "validation": between(100, 100)},
)
POSITION = leaf(
    "position",
    "DV_CODED_TEXT",
    {"suffix": "code", "type": "CODED_TEXT", "list": [{"value": "at1", "label": "Sitting"}]},
)
TIME = leaf("time", "DV_DATE_TIME", {"type": "DATETIME"}, inContext=True)


def form(*leaves: dict[str, Any]) -> dict[str, Any]:
    event = {"id": "any_event", "rmType": "EVENT", "children": list(leaves)}
    return {"tree": {"id": "vital_signs", "rmType": "COMPOSITION", "children": [event]}}


def test_fields_are_found_by_flat_path() -> None:
    found = fields(form(TEMPERATURE, POSITION))

    assert set(found) == {"vital_signs/any_event/temperature", "vital_signs/any_event/position"}


def test_a_quantity_has_a_range_for_each_unit() -> None:
    [temperature] = fields(form(TEMPERATURE)).values()

    assert temperature.units == {"Cel": (20, 46), "[degF]": (68, 115)}
    assert str(temperature) == "20 to 46 Cel or 68 to 115 [degF]"


def test_a_proportion_has_the_range_of_its_numerator() -> None:
    [spo2] = fields(form(SPO2)).values()

    assert spo2.units == {"%": (0, 100)}


def test_a_coded_text_has_its_choices() -> None:
    [position] = fields(form(POSITION)).values()

    assert (position.choices, str(position)) == ({"at1": "Sitting"}, "Sitting (at1)")


def test_a_quantity_without_limits_has_an_open_range() -> None:
    bare = leaf("weight", "DV_QUANTITY", {"suffix": "unit", "list": [{"value": "kg"}]})

    [weight] = fields(form(bare)).values()

    assert (weight.units, str(weight)) == ({"kg": (None, None)}, "any kg")


def test_context_is_no_field() -> None:
    assert fields(form(TIME)) == {}
