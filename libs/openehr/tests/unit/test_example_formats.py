"""Examples of our own operational template in every format, with the structures of its full tree."""

from dataclasses import replace
from typing import Any

import pytest
from lxml import etree
from openward_cli.demo import vital_signs
from openward_openehr.examples import Detail, Format, example, flat_ids
from openward_openehr.examples.canonical_xml import NAMESPACE, xml
from openward_openehr.examples.paths import Step, steps
from openward_openehr.examples.structures import Structures
from openward_openehr.simplified import to_flat
from openward_openehr.web_template import compiling
from openward_openehr.web_template.model import Choice, Input, Node, WebTemplate

TEMPLATE = compiling.compile(vital_signs.opt())
FULL = compiling.compile_full(vital_signs.opt())
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def made(form: Format, detail: Detail = Detail.FULL, seed: int = 1) -> dict[str, Any]:
    return example(TEMPLATE, form, detail, seed, full=FULL)


def test_structured_says_what_flat_says() -> None:
    assert to_flat(made(Format.STRUCTURED)) == {
        path.replace(":0", ""): value for path, value in made(Format.FLAT).items()
    }


def test_canonical_says_what_flat_says() -> None:
    magnitudes = [value for path, value in made(Format.FLAT).items() if path.endswith("|magnitude")]
    assert _all(made(Format.CANONICAL), "magnitude") == magnitudes


def test_structures_have_the_names_of_the_template() -> None:
    observation = made(Format.CANONICAL)["content"][0]
    root = f"/content[{observation['archetype_node_id']}]"
    names = {node.aql_path: node.name for node in FULL.tree.walk()}
    history = observation["data"]
    assert history["name"]["value"] == names[f"{root}/data[{history['archetype_node_id']}]"]


def test_a_name_that_has_to_have_a_code_has_it() -> None:
    inputs = (
        Input("CODED_TEXT", "code", (Choice("at5", "Left"), Choice("at6", "Right")), terminology="local"),
    )
    name = Node("name", "name", "DV_CODED_TEXT", 1, 1, "/items[at1]/name", inputs=inputs)
    element = Node("side", "Right", "ELEMENT", 0, 1, "/items[at1]", children=(name,))
    structures = Structures(WebTemplate("t", "en", ("en",), element), "en")
    named = structures.name("/items[at1]", None, element)
    assert named is not None
    assert (named["value"], named["defining_code"]["code_string"]) == ("Right", "at6")


def test_steps_of_a_path_hold_names_with_quotes() -> None:
    path = "/content[openEHR-EHR-SECTION.adhoc.v1 and name/value='Can't say']/items[at0002]/value"
    assert [(step.attribute, step.node_id, step.name) for step in steps(path)] == [
        ("content", "openEHR-EHR-SECTION.adhoc.v1", "Can't say"),
        ("items", "at0002", None),
        ("value", None, None),
    ]
    assert isinstance(steps(path)[0], Step)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (("result", "result2"), ["result", "result2"]),
        (("result2",), ["result"]),
        (("result2", "result5"), ["result", "result2"]),
    ],
)
def test_ehrbase_numbers_again_what_is_left(ids: tuple[str, ...], expected: list[str]) -> None:
    children = tuple(Node(each, "Result", "DV_TEXT", 0, 1, f"/items[{each}]/value") for each in ids)
    named = flat_ids.ids(Node("group", "Group", "CLUSTER", 0, 1, "", children=children))
    assert [named[id(child)] for child in children] == expected


def test_a_number_of_the_name_itself_stays() -> None:
    child = Node("covid_19", "Covid 19", "DV_TEXT", 0, 1, "/items[at1]/value")
    assert flat_ids.ids(Node("group", "Group", "CLUSTER", 0, 1, "", children=(child,))) == {
        id(child): "covid_19"
    }


def test_xml_has_the_order_and_the_types_of_the_schema() -> None:
    root = etree.fromstring(xml(made(Format.CANONICAL)))
    names = [etree.QName(child).localname for child in root]
    order = [
        "name",
        "archetype_details",
        "language",
        "territory",
        "category",
        "composer",
        "context",
        "content",
    ]
    assert list(dict.fromkeys(names)) == [name for name in order if name in names]
    assert root.tag == f"{{{NAMESPACE}}}composition"
    assert {entry.get(XSI_TYPE) for entry in root.iter(f"{{{NAMESPACE}}}content")} <= {
        "OBSERVATION",
        "EVALUATION",
    }
    assert all(data.get(XSI_TYPE) != "HISTORY" for data in root.iter(f"{{{NAMESPACE}}}data"))


def _all(of: Any, name: str) -> list[Any]:
    if isinstance(of, list):
        return [found for each in of for found in _all(each, name)]
    if not isinstance(of, dict):
        return []
    return [found for key, value in of.items() for found in ([value] if key == name else _all(value, name))]


def test_a_structure_that_has_to_be_there_has_something_in_it() -> None:
    """The state of a blood pressure, of which the template makes the position optional."""
    children = [replace(each, min=int(each.id == "blood_pressure")) for each in TEMPLATE.tree.children]
    template = replace(TEMPLATE, tree=replace(TEMPLATE.tree, children=tuple(children)))
    position = "vital_signs/blood_pressure/any_event:0/position|code"
    assert position in example(template, full=FULL)
    assert position not in example(template)
