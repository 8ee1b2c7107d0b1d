"""A small template of our own for the tests of schemas and types."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from openward_openehr.web_template.model import Choice, Input, Node, Range, Validation, WebTemplate

OBSERVATION = "/content[openEHR-EHR-OBSERVATION.vitals.v1]"
ITEMS = f"{OBSERVATION}/data[at0001]/events[at0002]/data[at0003]/items"
PROTOCOL = f"{OBSERVATION}/protocol[at0010]/items"


def node(id_: str, rm_type: str, path: str, occurs: tuple[int, int] = (1, 1), **more: Any) -> Node:
    return Node(id_, more.pop("name", id_.replace("_", " ").title()), rm_type, *occurs, aql_path=path, **more)


def unit(code: str, low: float, high: float) -> Choice:
    return Choice(code, code, validation=Validation(range=Range(low, ">=", high, "<")))


def quantity(id_: str, at: str, *units: Choice, occurs: tuple[int, int] = (0, 1)) -> Node:
    inputs = (Input("DECIMAL", "magnitude"), Input("CODED_TEXT", "unit", units))
    return node(id_, "DV_QUANTITY", f"{ITEMS}[{at}]/value", occurs, node_id=at, inputs=inputs)


POSITION = node(
    "position",
    "DV_CODED_TEXT",
    f"{ITEMS}[at0006]/value",
    (0, -1),
    node_id="at0006",
    localized_names={"en": "Position", "de": "Lage"},
    localized_descriptions={"en": "Of the patient", "de": "Des Patienten"},
    inputs=(
        Input(
            "CODED_TEXT",
            "code",
            (
                Choice("at0007", "Sitting", {"en": "Sitting", "de": "Sitzend"}),
                Choice("at0008", "Lying", {"en": "Lying", "de": "Liegend"}),
            ),
            terminology="local",
        ),
    ),
)
VITALS = node(
    "vitals",
    "OBSERVATION",
    OBSERVATION,
    node_id="openEHR-EHR-OBSERVATION.vitals.v1",
    children=(
        quantity("pulse", "at0004", unit("/min", 0, 300), occurs=(1, 1)),
        quantity("temperature", "at0005", unit("Cel", 10, 50), unit("[degF]", 50, 122)),
        POSITION,
        node("count", "DV_COUNT", f"{ITEMS}[at0009]/value", (0, 3), inputs=(Input("INTEGER"),)),
        node("device", "DV_TEXT", f"{PROTOCOL}[at0011]/value", inputs=(Input("TEXT"),)),
        node("note", "DV_TEXT", f"{PROTOCOL}[at0012]/value", (0, 1), inputs=(Input("TEXT"),)),
        node(
            "time",
            "DV_DATE_TIME",
            f"{OBSERVATION}/data[at0001]/events[at0002]/time",
            inputs=(Input("DATETIME"),),
            in_context=True,
        ),
        node("language", "CODE_PHRASE", f"{OBSERVATION}/language", in_context=True),
    ),
)
TREE = node(
    "visit",
    "COMPOSITION",
    "",
    node_id="openEHR-EHR-COMPOSITION.encounter.v1",
    children=(
        VITALS,
        node("territory", "CODE_PHRASE", "/territory", in_context=True),
        node("composer", "PARTY_PROXY", "/composer", in_context=True),
    ),
)
TEMPLATE = WebTemplate("visit.v1", "en", ("en", "de"), TREE)
STRUCTURED: dict[str, Any] = {
    "visit": {
        "vitals": [
            {
                "pulse": [{"|magnitude": 72, "|unit": "/min"}],
                "temperature": [{"|magnitude": 37.5, "|unit": "Cel"}],
                "position": [{"|code": "at0007"}, {"|code": "at0008"}],
                "time": ["2024-05-06T07:08:09Z"],
            }
        ],
        "territory": [{"|code": "DE", "|terminology": "ISO_3166-1"}],
        "composer": [{"|name": "Dr. A"}],
    }
}


@pytest.fixture(scope="session")
def template() -> WebTemplate:
    """A visit: pulse in one unit (needed), temperature in two, positions of a list, counts, a device."""
    return TEMPLATE


@pytest.fixture
def visit() -> dict[str, Any]:
    """A composition of it, to be changed."""
    return copy.deepcopy(STRUCTURED)


def renamed(node: Node, texts: list[str]) -> Node:
    """Each node with one of these as id, label, description and code."""
    text = texts[len(node.aql_path) % len(texts)]
    inputs = tuple(
        replace(each, choices=tuple(Choice(f"{text}{i}", text) for i, _ in enumerate(each.choices)))
        for each in node.inputs
    )
    return replace(
        node,
        id=text or "x",
        name=text,
        localized_names={"en": text},
        localized_descriptions={"en": text},
        inputs=inputs,
        children=tuple(renamed(child, texts) for child in node.children),
    )


@pytest.fixture(scope="session")
def with_texts(template: WebTemplate) -> Callable[[list[str]], WebTemplate]:
    """Makes the same template with other texts everywhere."""
    return lambda texts: replace(template, template_id=texts[0], tree=renamed(template.tree, texts))
