"""Schemas of a small template: what they take, what they refuse, and what they tell."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openward_openehr.schema import KNOWN_DIFFERENCES, Format, json_schema
from openward_openehr.simplified import to_flat
from openward_openehr.web_template.model import WebTemplate

Json = dict[str, Any]


@pytest.fixture(scope="module")
def structured(template: WebTemplate) -> Draft202012Validator:
    return Draft202012Validator(json_schema(template))


@pytest.fixture(scope="module")
def flat(template: WebTemplate) -> Draft202012Validator:
    return Draft202012Validator(json_schema(template, Format.FLAT))


@pytest.fixture
def flat_visit(visit: Json) -> Json:
    return to_flat(visit)


def vitals(document: Json) -> Json:
    found: Json = document["visit"]["vitals"][0]
    return found


@pytest.mark.parametrize("form", Format)
def test_schemas_are_schemas(template: WebTemplate, form: Format) -> None:
    Draft202012Validator.check_schema(json_schema(template, form))


@pytest.mark.parametrize("form", Format)
def test_the_same_template_has_the_same_schema(template: WebTemplate, form: Format) -> None:
    first, second = (json.dumps(json_schema(template, form)) for _ in range(2))
    assert first == second


def test_a_composition_is_taken_in_both_formats(
    structured: Draft202012Validator, flat: Draft202012Validator, visit: Json
) -> None:
    structured.validate(visit)
    flat.validate(to_flat(visit))


@pytest.mark.parametrize(
    "change",
    [
        lambda it: vitals(it).update(pulse=["2"]),
        lambda it: vitals(it).update(pulse=[{"|unit": "/min"}]),
        lambda it: vitals(it).update(pulse=[{"|magnitude": 300, "|unit": "/min"}]),
        lambda it: vitals(it).update(pulse=[{"|magnitude": 72, "|unit": "/h"}]),
        lambda it: vitals(it).update(pulse=[{"|magnitude": 72}] * 2),
        lambda it: vitals(it).update(temperature=[{"|magnitude": 100, "|unit": "Cel"}]),
        lambda it: vitals(it).update(temperature=[{"|magnitude": 37}]),
        lambda it: vitals(it).update(position=[{"|code": "at0001"}]),
        lambda it: vitals(it).update(position=[{"|value": "Standing"}]),
        lambda it: vitals(it).update(position=["Standing"]),
        lambda it: vitals(it).update(position=[{"|code": "at0007", "|terminology": "SNOMED-CT"}]),
        lambda it: vitals(it).update(count=[1, 2, 3, 4]),
        lambda it: vitals(it).update(count=[1.5]),
        lambda it: vitals(it).update(time=["2024-13-45"]),
        lambda it: vitals(it).update(time=["yesterday"]),
        lambda it: vitals(it).update(unknown=["x"]),
        lambda it: vitals(it).update({"|unknown": "x"}),
        lambda it: vitals(it).update(width=["PT5M"]),
        lambda it: vitals(it).update(note=["no device"]),
        lambda it: vitals(it).update(language=[{"|code": "zz", "|terminology": "ISO_639-1"}]),
        lambda it: vitals(it).pop("pulse"),
        lambda it: it["visit"].pop("vitals"),
        lambda it: it["visit"].pop("territory"),
        lambda it: it["visit"].pop("composer"),
        lambda it: it["visit"].update(composer=[{}]),
        lambda it: vitals(it).update(_work_flow_id=[{"|id": "1", "|id_scheme": "s", "|namespace": "n"}]),
        lambda it: it.update(other={}),
        lambda it: it.update(ctx={"unknown": "x"}),
    ],
)
def test_structured_refuses(
    structured: Draft202012Validator, visit: Json, change: Callable[[Json], object]
) -> None:
    change(visit)
    assert not structured.is_valid(visit)


@pytest.mark.parametrize(
    "change",
    [
        lambda it: vitals(it).update(pulse=[{"|magnitude": 72}]),
        lambda it: vitals(it).update(pulse=[{"_null_flavour": [{"|code": "253"}]}]),
        lambda it: vitals(it).update(temperature=[{"|magnitude": 100, "|unit": "[degF]"}]),
        lambda it: vitals(it).update(position=["at0007", "Lying", {"|value": "Sitting"}]),
        lambda it: vitals(it).update(device=["Thermometer"]),
        lambda it: vitals(it).update(device=[{"|value": "T", "_mapping": [{"|match": "="}]}]),
        lambda it: vitals(it).update(time=["2024-05"], _uid=["1"], _link=[]),
        lambda it: it["visit"].pop("composer") and it.update(ctx={"composer_name": "A"}),
    ],
)
def test_structured_takes(
    structured: Draft202012Validator, visit: Json, change: Callable[[Json], object]
) -> None:
    change(visit)
    structured.validate(visit)


@pytest.mark.parametrize(
    "entry",
    [
        {"visit/vitals/pulse|magnitude": "72"},
        {"visit/vitals/pulse|magnitude": -1},
        {"visit/vitals/temperature|magnitude": 100},
        {"visit/vitals/position:2|code": "at0001"},
        {"visit/vitals/count:3": 1},
        {"visit/vitals:1/pulse|magnitude": 72},
        {"visit/vitals/unknown": "x"},
        {"visit/vitals/pulse|unknown": "x"},
        {"visit/vitals/time": "12 o'clock"},
        {"visit/vitals/_link:0|unknown": "x"},
        {"visit/unknown/_uid": "x"},
        {"ctx/unknown": "x"},
    ],
)
def test_flat_refuses(flat: Draft202012Validator, flat_visit: Json, entry: Json) -> None:
    assert not flat.is_valid(flat_visit | entry)


@pytest.mark.parametrize(
    "entry",
    [
        {"visit/vitals/position:12|code": "at0007"},
        {"visit/vitals/count": 1, "visit/vitals/count:2": 1},
        {"visit/vitals/device": "x", "visit/vitals/device/_mapping:1/target|code": "y"},
        {"visit/vitals/pulse/_normal_range/lower|magnitude": 50},
        {"visit/vitals/_link:4|meaning": "x"},
        {"visit/vitals/_feeder_audit/feeder_system_item_id:1|id": "x"},
        {"ctx/language": "en", "ctx/participation_name:1": "A"},
    ],
)
def test_flat_takes(flat: Draft202012Validator, flat_visit: Json, entry: Json) -> None:
    flat.validate(flat_visit | entry)


@pytest.mark.parametrize("path", ["visit/vitals/pulse|magnitude", "visit/composer|name"])
def test_flat_misses_what_is_needed(flat: Draft202012Validator, flat_visit: Json, path: str) -> None:
    left = {key: value for key, value in flat_visit.items() if key != path}
    assert not flat.is_valid(left)


def test_ctx_gives_what_is_needed_once_for_all(flat: Draft202012Validator, flat_visit: Json) -> None:
    left = {key: value for key, value in flat_visit.items() if not key.startswith("visit/territory")}
    assert not flat.is_valid(left)
    flat.validate(left | {"ctx/territory": "DE"})


def test_schemas_tell_labels_units_ranges_and_paths_in_the_language(template: WebTemplate) -> None:
    schema = json_schema(template, language="de")
    fields = schema["properties"]["visit"]["properties"]["vitals"]["items"]["properties"]

    position, pulse = fields["position"]["items"], fields["pulse"]["items"]
    assert (position["title"], position["description"]) == ("Lage", "Des Patienten.")
    assert position["properties"]["|code"]["oneOf"][0] == {"const": "at0007", "title": "Sitzend"}
    assert position["x-openehr-aql-path"].endswith("items[at0006]/value")
    assert position["x-openehr-node-id"] == "at0006"
    assert pulse["description"] == "Unit: /min (0 <= magnitude < 300)."
    assert pulse["properties"]["|magnitude"] == {"type": "number", "minimum": 0, "exclusiveMaximum": 300}


def test_a_language_that_the_template_has_not_is_its_default(template: WebTemplate) -> None:
    assert json_schema(template, language="xx") == json_schema(template, language="en")


def test_differences_are_told() -> None:
    assert all(each.endswith(".") for each in KNOWN_DIFFERENCES)


@settings(max_examples=30, deadline=None)
@given(texts=st.lists(st.text("ab.*+?()[]{}^$|\\/-:é", min_size=1, max_size=8), min_size=1, max_size=3))
def test_ids_mean_themselves_in_expressions(
    with_texts: Callable[[list[str]], WebTemplate], texts: list[str]
) -> None:
    schema = json_schema(with_texts(texts), Format.FLAT)
    root = texts[0]
    known = re.compile("|".join(f"(?:{pattern})" for pattern in schema["patternProperties"]))
    assert known.search(f"{root}/_link:1|meaning")
    assert not known.search(f"{root}x/_link:1|meaning")
    assert not known.search(f"x{root}/_link:1|meaning")
