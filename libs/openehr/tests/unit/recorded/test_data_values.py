"""Each kind of data value as a person reads it, with what can be calculated with and searched for."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openward_openehr.recorded.data_values import content_of, normal_range, rm_type_of, told
from openward_openehr.recorded.model import Code
from openward_openehr.recorded.numbers import moment
from openward_openehr.recorded.reading import read


def value(rm_type: str, **attributes: Any) -> dict[str, Any]:
    return {"_type": rm_type, **attributes}


def phrase(terminology: str, code: str) -> dict[str, Any]:
    return {"terminology_id": {"value": terminology}, "code_string": code}


def quantity(magnitude: float, units: str = "mg", **attributes: Any) -> dict[str, Any]:
    return value("DV_QUANTITY", magnitude=magnitude, units=units, **attributes)


MODERATE = value("DV_CODED_TEXT", value="Moderate", defining_code=phrase("local", "at0007"))


@pytest.mark.parametrize(
    ("data_value", "text", "magnitude", "units"),
    [
        (quantity(112.0, "mm[Hg]"), "112 mm[Hg]", 112, "mm[Hg]"),
        (quantity(36.95, "Cel", units_display_name="°C"), "36.95 °C", 36.95, "Cel"),
        (quantity(37.0, "Cel", precision=1), "37.0 Cel", 37, "Cel"),
        (quantity(0.5, magnitude_status="<"), "< 0.5 mg", 0.5, "mg"),
        (quantity(10, accuracy=5, accuracy_is_percent=True), "10 ± 5 % mg", 10, "mg"),
        (quantity(1e-9, "1"), "1e-09", 1e-9, "1"),
        (value("DV_COUNT", magnitude=3), "3", 3, None),
        (value("DV_COUNT", magnitude=2**62 + 1), "4611686018427387905", 2.0**62, None),
        (value("DV_COUNT", magnitude=10**5000), "", None, None),
        (value("DV_PROPORTION", numerator=78.0, denominator=100.0, type=2), "78 %", 78, "%"),
        (value("DV_PROPORTION", numerator=1, denominator=128, type=0), "1:128", 1 / 128, None),
        (value("DV_PROPORTION", numerator=0.5, denominator=1, type=1), "0.5", 0.5, None),
        (value("DV_PROPORTION", numerator=1, denominator=2, type=3), "1/2", 0.5, None),
        (value("DV_PROPORTION", numerator=3, denominator=2, type=4), "1 1/2", 1.5, None),
        (value("DV_PROPORTION", numerator=3, denominator=0, type=0), "3:0", None, None),
        (value("DV_ORDINAL", value=2, symbol=MODERATE), "Moderate (2)", 2, None),
        (value("DV_SCALE", value=2.5, symbol=MODERATE), "Moderate (2.5)", 2.5, None),
        (value("DV_TEXT", value="As needed"), "As needed", None, None),
        (value("DV_BOOLEAN", value=False), "false", None, None),
        (value("DV_DATE", value="2025-02"), "2025-02", None, None),
        (value("DV_TIME", value="10:30"), "10:30", None, None),
        (value("DV_DATE_TIME", value="2025-02-24T10:30:00Z"), "2025-02-24 10:30:00Z", None, None),
        (value("DV_DURATION", value="P1Y2M3W4DT5H6M7.5S"), "1 y 2 mo 3 wk 4 d 5 h 6 min 7.5 s", None, None),
        (value("DV_DURATION", value="-P1D"), "-1 d", None, None),
        (value("DV_IDENTIFIER", id="4711", type="MRN", issuer="Ward"), "4711 (MRN, Ward)", None, None),
        (value("DV_URI", value="https://example.org"), "https://example.org", None, None),
        (value("DV_EHR_URI", value="ehr://1"), "ehr://1", None, None),
        (value("DV_PARSABLE", value="R4/PT6H", formalism="timing"), "R4/PT6H", None, None),
        (value("DV_PARAGRAPH", items=[{"value": "a"}, {"value": "b"}]), "a\nb", None, None),
        (value("DV_STATE", value=MODERATE, is_terminal=True), "Moderate", None, None),
        (
            value("DV_MULTIMEDIA", media_type=phrase("IANA", "image/png"), size=120, alternate_text="Scan"),
            "Scan, image/png, 120 bytes",
            None,
            None,
        ),
        (value("DV_INTERVAL", lower=quantity(1), upper=quantity(2)), "1 mg – 2 mg", None, None),  # noqa: RUF001  an en dash is for ranges
        (value("DV_INTERVAL", lower=quantity(1)), ">= 1 mg", None, None),
        (value("DV_INTERVAL", upper=quantity(2), upper_included=False), "< 2 mg", None, None),
    ],
    ids=lambda each: each.get("_type") if isinstance(each, dict) else "",
)
def test_a_value_is_told(data_value: dict[str, Any], text: str, magnitude: float | None, units: str) -> None:
    found = told(data_value)
    assert (found.text, found.magnitude, found.units) == (text, magnitude, units)


def test_codes_are_its_own_and_those_that_it_is_mapped_to() -> None:
    mappings = [value("TERM_MAPPING", match="=", target=phrase("SNOMED-CT(2020)", "6736007"))]
    found = told({**MODERATE, "mappings": mappings})
    assert found.codes == (Code("local", "at0007", "Moderate"), Code("SNOMED-CT", "6736007"))
    assert told(value("DV_TEXT", value="Moderate", mappings=mappings)).codes == found.codes[1:]
    assert told(value("DV_ORDINAL", value=2, symbol=MODERATE)).codes == found.codes[:1]


def test_a_normal_range_is_told_only_in_the_units_of_the_value() -> None:
    given = value("DV_INTERVAL", lower=quantity(60, "/min"), upper=quantity(100, "/min"))
    assert normal_range({"normal_range": given}, "/min") == (60, 100)
    assert normal_range({"normal_range": given}, "/h") is None
    assert normal_range({"normal_range": value("DV_INTERVAL", lower=quantity(60))}, "mg") == (60, None)


def test_an_interval_tells_what_it_is_of() -> None:
    assert rm_type_of(value("DV_INTERVAL", upper=quantity(2))) == "DV_INTERVAL<DV_QUANTITY>"
    assert rm_type_of(value("DV_INTERVAL")) == "DV_INTERVAL"


def test_the_bytes_of_multimedia_are_left_out() -> None:
    image = value("DV_MULTIMEDIA", data="aGVsbG8=", media_type=phrase("IANA", "image/png"), thumbnail={})
    assert told(image).text == "image/png, 5 bytes"
    assert content_of(image) == value("DV_MULTIMEDIA", media_type=phrase("IANA", "image/png"))


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2025-02-24T12:00:00,5+01:00", "2025-02-24T12:00:00.500000+01:00"),
        ("20250224T120000Z", "2025-02-24T12:00:00+00:00"),
        ("2025-02-24T12:00", "2025-02-24T12:00:00+00:00"),
        ("2025-02", "2025-02-01T00:00:00+00:00"),
        ("2025", "2025-01-01T00:00:00+00:00"),
    ],
)
def test_moments_have_a_zone(text: str, iso: str) -> None:
    found = moment(text)
    assert found is not None
    assert found.isoformat() == iso


@pytest.mark.parametrize("text", ["", "now", "0001-01-01T00:00:00+18:00", "9999-12-31T23:59:59Z", 5, None])
def test_what_is_no_moment_is_none(text: object) -> None:
    assert moment(text) is None


TYPES = st.sampled_from(
    [
        "COMPOSITION",
        "SECTION",
        "OBSERVATION",
        "HISTORY",
        "ELEMENT",
        "ITEM_TREE",
        "DV_QUANTITY",
        "DV_INTERVAL",
        "DV_TEXT",
        "DV_PROPORTION",
        "DV_MULTIMEDIA",
        "DV_ORDINAL",
        "DV_PARAGRAPH",
        "DV_STATE",
        "DV_NEW",
    ]
)
NAMES = st.sampled_from(
    [
        "content",
        "context",
        "other_context",
        "data",
        "events",
        "items",
        "item",
        "rows",
        "value",
        "name",
        "time",
        "null_flavour",
        "subject",
        "relationship",
        "defining_code",
        "terminology_id",
        "code_string",
        "mappings",
        "magnitude",
        "units",
        "numerator",
        "denominator",
        "type",
        "precision",
        "normal_range",
        "lower",
        "upper",
        "archetype_node_id",
        "archetype_details",
        "symbol",
        "size",
        "accuracy",
        "thumbnail",
        "reason",
    ]
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=5)
        | st.builds(
            lambda kind, rest: {"_type": kind, **rest}, TYPES, st.dictionaries(NAMES, inner, max_size=5)
        )
    ),
    max_leaves=40,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, ODD, max_size=6))
def test_nothing_makes_reading_fail(composition: dict[str, Any]) -> None:
    for entry in read(composition).entries:
        assert all(isinstance(each.text, str) for each in entry.values)


def test_what_is_not_understood_is_told_with_its_type() -> None:
    strange = value("DV_HOLOGRAM", colour="blue", depth=3)
    (entry,) = read(
        {"content": [value("OBSERVATION", data={"items": [value("ELEMENT", value=strange)]})]}
    ).entries
    (found,) = entry.values
    assert (found.rm_type, found.text, found.content) == ("DV_HOLOGRAM", "colour: blue, depth: 3", strange)


def test_depth_is_no_matter() -> None:
    nested: dict[str, Any] = value("ELEMENT", value=quantity(1))
    for _ in range(5 * sys.getrecursionlimit()):
        nested = value("CLUSTER", items=[nested])
    (entry,) = read({"content": [value("EVALUATION", data=nested)]}).entries
    assert json.dumps([each.text for each in entry.values]) == '["1 mg"]'
