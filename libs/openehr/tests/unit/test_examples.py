"""Examples of a small template of our own: what is in them, and that a seed gives the same again."""

from dataclasses import replace
from typing import Any

import pytest
from openward_openehr.examples import Detail, Format, LanguageUnknown, example
from openward_openehr.web_template.model import Choice, Input, Node, Range, Validation, WebTemplate

OBSERVATION = "/content[openEHR-EHR-OBSERVATION.pulse.v1]"
ITEMS = f"{OBSERVATION}/data[at0001]/events[at0002]/data[at0003]/items"


def node(id_: str, rm_type: str, path: str, occurs: tuple[int, int] = (1, 1), **more: Any) -> Node:
    return Node(id_, id_, rm_type, *occurs, aql_path=path, **more)


def between(low: float, high: float, digits: int) -> Validation:
    return Validation(precision=Range(digits, ">=", digits, "<="), range=Range(low, ">=", high, "<"))


RATE = node(
    "rate",
    "DV_QUANTITY",
    f"{ITEMS}[at0004]/value",
    inputs=(
        Input("DECIMAL", "magnitude"),
        Input("CODED_TEXT", "unit", (Choice("/min", "/min", validation=between(60, 61, 2)),)),
    ),
)
COMMENT = node("comment", "DV_TEXT", f"{ITEMS}[at0005]/value", (0, -1), inputs=(Input("TEXT"),))
TIME = node(
    "time",
    "DV_DATE_TIME",
    f"{OBSERVATION}/data[at0001]/events[at0002]/time",
    inputs=(Input("DATETIME"),),
    in_context=True,
)
PULSE = node("pulse", "OBSERVATION", OBSERVATION, children=(RATE, COMMENT, TIME))
LANGUAGE = node("language", "CODE_PHRASE", "/language", in_context=True)
RECORD = node(
    "record",
    "COMPOSITION",
    "",
    node_id="openEHR-EHR-COMPOSITION.encounter.v1",
    children=(PULSE, LANGUAGE),
)
TEMPLATE = WebTemplate("pulse.v1", "en", ("en", "de"), RECORD)


@pytest.mark.parametrize("format_", Format)
def test_the_same_seed_gives_the_same_example(format_: Format) -> None:
    first, second = (example(TEMPLATE, format_, Detail.FULL, seed=7) for _ in range(2))
    assert first == second


def test_another_seed_gives_another() -> None:
    assert example(TEMPLATE, seed=1) != example(TEMPLATE, seed=2)


def test_a_minimal_example_has_what_is_required_and_no_more() -> None:
    assert set(example(TEMPLATE)) == {
        "record/pulse/rate|magnitude",
        "record/pulse/rate|unit",
        "record/pulse/time",
        "record/language|code",
        "record/language|terminology",
    }


def test_a_full_example_has_what_is_optional_too() -> None:
    assert "record/pulse/comment:0" in example(TEMPLATE, detail=Detail.FULL)


@pytest.mark.parametrize("seed", range(20))
def test_magnitudes_are_within_range_and_precision(seed: int) -> None:
    magnitude = example(TEMPLATE, seed=seed)["record/pulse/rate|magnitude"]
    assert 60 <= magnitude < 61
    assert round(magnitude, 2) == magnitude


def test_canonical_json_has_the_structures_that_a_web_template_leaves_out() -> None:
    composition = example(TEMPLATE, Format.CANONICAL)
    history = composition["content"][0]["data"]
    event = history["events"][0]
    assert (history["_type"], event["_type"], event["data"]["_type"]) == (
        "HISTORY",
        "POINT_EVENT",
        "ITEM_TREE",
    )
    assert history["origin"] == event["time"]
    assert event["data"]["items"][0]["value"]["units"] == "/min"


def test_an_example_speaks_a_language_of_the_template() -> None:
    assert example(TEMPLATE, language="de")["record/language|code"] == "de"
    with pytest.raises(LanguageUnknown, match="fr is not among en, de"):
        example(TEMPLATE, language="fr")


def test_a_mandatory_element_of_unknown_type_says_that_there_is_no_information() -> None:
    path = f"{ITEMS}[at0006]"
    scale = node("scale", "ELEMENT", path, children=(node("value", "DV_SCALE", f"{path}/value"),))
    pulse = replace(PULSE, children=(*PULSE.children, scale))
    template = replace(TEMPLATE, tree=replace(RECORD, children=(pulse, LANGUAGE)))
    assert example(template)["record/pulse/scale/_null_flavour|code"] == "271"
