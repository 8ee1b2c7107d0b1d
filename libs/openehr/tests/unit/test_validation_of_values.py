"""One case for each rule of a value: what is written at its place, and which rules it breaks."""

from typing import Any

import pytest
from openward_openehr.validation import Rule, is_refused, validate
from openward_testkit.web_templates import CONTEXT, coded, entry, value

KILOGRAM = {
    "value": "kg",
    "label": "kg",
    "validation": {
        "range": {"min": 0.0, "minOp": ">=", "max": 500.0, "maxOp": "<"},
        "precision": {"min": 0, "minOp": ">=", "max": 1, "maxOp": "<="},
    },
}
TEMPLATE = entry(
    value(
        "weight",
        "DV_QUANTITY",
        {"suffix": "magnitude", "type": "DECIMAL"},
        {"suffix": "unit", "type": "CODED_TEXT", "list": [KILOGRAM, {"value": "g", "label": "g"}]},
    ),
    value(
        "height",
        "DV_QUANTITY",
        {"suffix": "magnitude", "type": "DECIMAL"},
        {"suffix": "unit", "type": "CODED_TEXT", "list": [{"value": "cm", "label": "cm"}]},
    ),
    value(
        "apgar",
        "DV_COUNT",
        {"type": "INTEGER", "validation": {"range": {"min": 0, "max": 10, "maxOp": "<="}}},
    ),
    value("share", "DV_PROPORTION", proportionTypes=["percent"]),
    value("ratio", "DV_PROPORTION"),
    value("note", "DV_TEXT"),
    value(
        "colour", "DV_TEXT", {"type": "TEXT", "list": [{"value": "red", "label": "red"}], "listOpen": False}
    ),
    value("open", "DV_TEXT", {"type": "TEXT", "list": [{"value": "red", "label": "red"}], "listOpen": True}),
    value("slogan", "DV_TEXT", {"type": "TEXT", "validation": {"pattern": "/[a-z]+/"}}),
    value("position", "DV_CODED_TEXT", coded("at0010", "at0011")),
    value("side", "DV_CODED_TEXT", coded("at0010", listOpen=True), {"suffix": "other", "type": "TEXT"}),
    value("diagnosis", "DV_CODED_TEXT", {"suffix": "code", "type": "TEXT", "terminology": "SNOMED-CT"}),
    value(
        "pain",
        "DV_ORDINAL",
        {"type": "CODED_TEXT", "list": [{"value": "at0020", "label": "none", "ordinal": 0}]},
    ),
    value("day", "DV_DATE", {"type": "DATE", "validation": {"pattern": "yyyy-mm-dd"}}),
    value("clock", "DV_TIME"),
    value("moment", "DV_DATE_TIME"),
    value(
        "stay",
        "DV_DURATION",
        {"suffix": "day", "type": "INTEGER", "validation": {"range": {"max": 3, "maxOp": "<="}}},
        {"suffix": "hour", "type": "INTEGER", "validation": {"range": {"max": 12, "maxOp": "<="}}},
    ),
    value("smoker", "DV_BOOLEAN", {"type": "BOOLEAN", "list": [{"value": "true", "label": "true"}]}),
    value("page", "DV_URI"),
    value("record", "DV_EHR_URI"),
    value("number", "DV_IDENTIFIER"),
    value("script", "DV_PARSABLE"),
    value("image", "DV_MULTIMEDIA"),
)
IMAGE = {"image": "https://example.org/a", "image|mediatype": "image/png", "image|size": 4}
KILO = {"weight|unit": "kg"}


def broken(values: dict[str, Any]) -> list[tuple[Rule, str]]:
    composition = CONTEXT | {f"health/entry/{path}": each for path, each in values.items()}
    problems = validate(TEMPLATE, composition)
    return [(problem.rule, problem.path.removeprefix("health/entry/")) for problem in problems]


@pytest.mark.parametrize(
    "values",
    [
        {"weight|magnitude": 70.5, **KILO},
        {"weight|magnitude": "70.5", "weight|units": "kg"},
        {"weight|magnitude": 7e4, "weight|unit": "g", "weight|precision": 0},
        {"height|magnitude": 170},
        {"weight|magnitude": 70, **KILO, "weight|normal_status": "N", "weight|magnitude_status": "~"},
        {"apgar": 10},
        {"apgar": "7"},
        {"apgar": 7.0},
        {"share|numerator": 20, "share|denominator": 100},
        {"ratio|numerator": 20, "ratio|denominator": 3, "ratio|type": 0, "ratio": 6.67},
        {"note": ""},
        {"note": 5},
        {"note|value": "regular"},
        {"note|code": "1", "note|value": "one", "note|terminology": "mine"},
        {"colour": "red"},
        {"open": "blue"},
        {"slogan": "abc"},
        {"position|code": "at0010"},
        {"position": "at0010"},
        {"position": "label of at0011"},
        {"position|value": "label of at0011"},
        {"position|code": "at0010", "position|value": "said otherwise", "position|terminology": "local"},
        {"side|other": "in the middle"},
        {"diagnosis|code": "1", "diagnosis|value": "one"},
        {"pain|code": "at0020"},
        {"pain": "at0020", "pain|ordinal": 0},
        {"day": "2024-02-29"},
        {"day": "now"},
        {"clock": "10:11:12,5+02:00"},
        {"moment": "20240229T101112Z"},
        {"moment": "2024"},
        {"stay": "P3DT12H"},
        {"stay": "P1Y", "note": "a year is longer"} | {"stay": "PT1H"},
        {"stay|hour": 3},
        {"smoker": "true"},
        {"smoker": 1},
        {"page": "https://example.org/?a=b"},
        {"record": "ehr://1/2"},
        {"number": "1"},
        {"number|id": "1", "number|type": "MRN"},
        {"script": "x", "script|formalism": "text/plain"},
        IMAGE,
        {"note/_null_flavour|code": "253"},
        {"note": "a", "note/_mapping:0|match": "=", "note/_mapping:0/target|code": "1"}
        | {"note/_mapping:0/target|terminology": "x"},
        {"weight/_normal_range/lower|magnitude": 1, "weight/_normal_range/lower|unit": "kg", **KILO}
        | {"weight/_normal_range|upper_unbounded": True, "weight/_normal_range|upper_included": False}
        | {"weight|magnitude": 3},
    ],
)
def test_what_ehrbase_takes_has_no_problem(values: dict[str, Any]) -> None:
    assert broken(values) == []


@pytest.mark.parametrize(
    ("values", "rule", "path"),
    [
        ({"weight|magnitude": "seventy", **KILO}, Rule.WRONG_TYPE, "weight|magnitude"),
        ({"weight|magnitude": True, **KILO}, Rule.WRONG_TYPE, "weight|magnitude"),
        ({"weight|magnitude": [70], **KILO}, Rule.WRONG_TYPE, "weight|magnitude"),
        ({"weight|magnitude": 500, **KILO}, Rule.OUT_OF_RANGE, "weight|magnitude"),
        ({"weight|magnitude": -1, **KILO}, Rule.OUT_OF_RANGE, "weight|magnitude"),
        ({"weight|magnitude": 5, "weight|precision": 3, **KILO}, Rule.PRECISION, "weight|precision"),
        ({"weight|magnitude": 5, "weight|unit": "stone"}, Rule.UNKNOWN_UNIT, "weight|unit"),
        ({"weight|magnitude": 5}, Rule.MISSING_SUFFIX, "weight|unit"),
        ({**KILO}, Rule.MISSING_SUFFIX, "weight|magnitude"),
        ({"weight|magnitude": None, **KILO}, Rule.MISSING_SUFFIX, "weight|magnitude"),
        ({"weight|magnitude": 5, "weight|units": "kg", **KILO}, Rule.UNKNOWN_PATH, "weight|unit"),
        (
            {"weight|magnitude": 5, **KILO, "weight|normal_status": "X"},
            Rule.UNKNOWN_CODE,
            "weight|normal_status",
        ),
        ({"weight|magnitude": 5, **KILO, "weight|stone": 1}, Rule.UNKNOWN_PATH, "weight|stone"),
        ({"apgar": 11}, Rule.OUT_OF_RANGE, "apgar"),
        ({"apgar": "many"}, Rule.WRONG_TYPE, "apgar"),
        ({"apgar": 2**70}, Rule.WRONG_TYPE, "apgar"),
        ({"share|numerator": 20, "share|denominator": 50}, Rule.INCONSISTENT, "share|denominator"),
        ({"ratio|numerator": 2, "ratio|denominator": 3}, Rule.MISSING_SUFFIX, "ratio|type"),
        (
            {"ratio|numerator": 2, "ratio|denominator": 0, "ratio|type": 0},
            Rule.OUT_OF_RANGE,
            "ratio|denominator",
        ),
        (
            {"ratio|numerator": 2.5, "ratio|denominator": 3, "ratio|type": 3},
            Rule.INCONSISTENT,
            "ratio|numerator",
        ),
        ({"ratio|numerator": 2, "ratio|denominator": 3, "ratio|type": 9}, Rule.OUT_OF_RANGE, "ratio|type"),
        ({"note": {"value": "a"}}, Rule.WRONG_TYPE, "note"),
        ({"note": "a", "note|value": "b"}, Rule.UNKNOWN_PATH, "note|value"),
        ({"note|code": "1", "note|value": "one"}, Rule.MISSING_SUFFIX, "note|terminology"),
        ({"colour": "blue"}, Rule.UNKNOWN_CODE, "colour"),
        ({"slogan": "ABC"}, Rule.PATTERN, "slogan"),
        ({"position|code": "at0099"}, Rule.UNKNOWN_CODE, "position|code"),
        ({"position": "at0099"}, Rule.UNKNOWN_CODE, "position"),
        (
            {"position|code": "at0010", "position|terminology": "LOINC"},
            Rule.WRONG_TERMINOLOGY,
            "position|terminology",
        ),
        ({"side|code": "at0099", "side|value": "x"}, Rule.UNKNOWN_CODE, "side|code"),
        ({"position|other": "x"}, Rule.UNKNOWN_PATH, "position|other"),
        ({"diagnosis|code": "1"}, Rule.MISSING_SUFFIX, "diagnosis|value"),
        ({"pain|code": "at0099"}, Rule.UNKNOWN_CODE, "pain|code"),
        ({"pain|ordinal": 0}, Rule.MISSING_SUFFIX, "pain"),
        ({"day": "2023-02-29"}, Rule.WRONG_FORMAT, "day"),
        ({"day": "yesterday"}, Rule.WRONG_FORMAT, "day"),
        ({"clock": "24:00"}, Rule.WRONG_FORMAT, "clock"),
        ({"moment": "2024-02-29 10:11"}, Rule.WRONG_FORMAT, "moment"),
        ({"stay": "three days"}, Rule.WRONG_FORMAT, "stay"),
        ({"stay": "P3DT13H"}, Rule.OUT_OF_RANGE, "stay"),
        ({"smoker": False}, Rule.UNKNOWN_CODE, "smoker"),
        ({"smoker": "yes"}, Rule.WRONG_TYPE, "smoker"),
        ({"page": "not an address"}, Rule.WRONG_FORMAT, "page"),
        ({"record": "https://example.org"}, Rule.WRONG_FORMAT, "record"),
        ({"number|type": "MRN"}, Rule.MISSING_SUFFIX, "number"),
        ({"script": "x"}, Rule.MISSING_SUFFIX, "script|formalism"),
        (IMAGE | {"image|mediatype": "image/none"}, Rule.UNKNOWN_CODE, "image|mediatype"),
        (
            {"image|mediatype": "image/png", "image|size": 4, "image|data": "?"},
            Rule.WRONG_FORMAT,
            "image|data",
        ),
        ({"note/_null_flavour|code": "999"}, Rule.UNKNOWN_CODE, "note/_null_flavour|code"),
    ],
)
def test_what_breaks_a_rule_is_refused_at_its_path(values: dict[str, Any], rule: Rule, path: str) -> None:
    assert broken(values) == [(rule, path)]


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"apgar": 7.5}, Rule.WRONG_TYPE),
        ({"weight|magnitude": "NaN", **KILO}, Rule.WRONG_TYPE),
        ({"day": "2024-02"}, Rule.PATTERN),
        ({"pain|code": "at0020", "pain|ordinal": 3}, Rule.INCONSISTENT),
    ],
)
def test_what_ehrbase_stores_though_it_is_wrong_is_told_and_tolerated(
    values: dict[str, Any], rule: Rule
) -> None:
    problems = validate(TEMPLATE, CONTEXT | {f"health/entry/{path}": each for path, each in values.items()})
    assert [problem.rule for problem in problems] == [rule]
    assert not is_refused(problems)


LINK = {"_link:0|meaning": "a", "_link:0|type": "b"}
RANGE = {"apgar": 5, "apgar/_normal_range/lower": 1, "apgar/_normal_range/upper": 9}


@pytest.mark.parametrize(
    ("values", "rule", "path"),
    [
        (LINK | {"_link:0|target": "https://example.org"}, Rule.WRONG_FORMAT, "_link:0|target"),
        (LINK, Rule.MISSING_SUFFIX, "_link:0|target"),
        ({"_provider|name": ""}, Rule.WRONG_FORMAT, "_provider|name"),
        ({"_provider|name": None}, Rule.MISSING_SUFFIX, "_provider|name"),
        ({"_provider|id": "1", "_provider|id_scheme": "s"}, Rule.MISSING_SUFFIX, "_provider|id_namespace"),
        ({"_other_participation|name": "a"}, Rule.MISSING_SUFFIX, "_other_participation|function"),
        (
            {"_other_participation|function": "a", "_other_participation|mode": "b"},
            Rule.UNKNOWN_CODE,
            "_other_participation|mode",
        ),
        ({"note/_mapping|match": "="}, Rule.MISSING_REQUIRED, "note/_mapping/target"),
        (
            {"note/_language|code": "xx", "note/_language|terminology": "ISO_639-1"},
            Rule.UNKNOWN_CODE,
            "note/_language|code",
        ),
        (
            {"_feeder_audit/feeder_system_audit|system_id": "a"},
            Rule.MISSING_REQUIRED,
            "_feeder_audit/originating_system_audit",
        ),
        (RANGE | {"apgar|normal_status": "H"}, Rule.INCONSISTENT, "apgar|normal_status"),
        (RANGE | {"apgar/_normal_range/lower": 10}, Rule.INCONSISTENT, "apgar/_normal_range/lower"),
        ({"apgar": 5, "apgar/_normal_range/lower": 1}, Rule.MISSING_REQUIRED, "apgar/_normal_range/upper"),
        (
            {"apgar": 5, "apgar|accuracy": 200, "apgar|accuracy_is_percent": True},
            Rule.OUT_OF_RANGE,
            "apgar|accuracy",
        ),
        ({"note|raw": "{"}, Rule.WRONG_TYPE, "note|raw"),
        ({"apgar|raw": '{"_type": "DV_COUNT"}'}, Rule.MISSING_REQUIRED, "apgar|raw/magnitude"),
    ],
)
def test_attributes_of_the_reference_model_are_held_to_it(
    values: dict[str, Any], rule: Rule, path: str
) -> None:
    own = {} if "note|raw" in values else {"note": "a"}
    assert broken(own | values) == [(rule, path)]
