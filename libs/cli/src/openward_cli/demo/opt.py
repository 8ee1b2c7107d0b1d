"""Writes operational templates (OPT 1.4) from a short description in Python.

The element names and their order are those of the openEHR Template XML schema, release 1.0.2 (`Template.xsd`,
`OpenehrProfile.xsd`); what a template says is ours. Only what the demonstration's templates need is covered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

XSI = "http://www.w3.org/2001/XMLSchema-instance"
OPENEHR = "http://schemas.openehr.org/v1"

Terms = Mapping[str, tuple[str, str]]
"""at-code -> (text, description)"""


@dataclass(frozen=True)
class Node:
    """A constraint on one RM object: its type, how often it may occur, and its attributes."""

    rm_type: str
    node_id: str = ""
    occurs: tuple[int, int | None] = (1, 1)
    single: Mapping[str, "Node"] = field(default_factory=dict)
    multiple: Mapping[str, tuple["Node", ...]] = field(default_factory=dict)
    extra: tuple[ET.Element, ...] = ()
    xsi_type: str = "C_COMPLEX_OBJECT"


def text(tag: str, value: object) -> ET.Element:
    element = ET.Element(tag)
    element.text = value if isinstance(value, str) else str(value).lower()
    return element


def group(tag: str, children: Iterable[ET.Element], **attributes: str) -> ET.Element:
    element = ET.Element(tag, attributes)
    element.extend(children)
    return element


def typed(tag: str, xsi_type: str, children: Iterable[ET.Element], **attributes: str) -> ET.Element:
    return group(tag, children, **{f"{{{XSI}}}type": xsi_type}, **attributes)


def interval(tag: str, lower: float | None, upper: float | None) -> ET.Element:
    """An Interval; None is unbounded. Bounds are included."""
    bounds = [text("lower_included", value=True)] if lower is not None else []
    bounds += [text("upper_included", value=True)] if upper is not None else []
    bounds += [text("lower_unbounded", lower is None), text("upper_unbounded", upper is None)]
    bounds += [text("lower", lower)] if lower is not None else []
    bounds += [text("upper", upper)] if upper is not None else []
    return group(tag, bounds)


def code(tag: str, terminology: str, *codes: str) -> ET.Element:
    return group(
        tag,
        [group("terminology_id", [text("value", terminology)]), *(text("code_string", c) for c in codes)],
    )


def quantity(property_code: str, *units: tuple[str, float, float, int]) -> Node:
    """DV_QUANTITY; `property_code` is openEHR's; units are (UCUM, lower, upper, decimals)."""
    allowed = [
        group(
            "list",
            [interval("magnitude", low, high), interval("precision", digits, digits), text("units", unit)],
        )
        for unit, low, high, digits in units
    ]
    prop = code("property", "openehr", property_code)
    return Node("DV_QUANTITY", extra=(prop, *allowed), xsi_type="C_DV_QUANTITY")


def coded(*codes: str, terminology: str = "local") -> Node:
    """DV_CODED_TEXT with one of these codes."""
    phrase = [group("terminology_id", [text("value", terminology)]), *(text("code_list", c) for c in codes)]
    return Node(
        "DV_CODED_TEXT",
        single={"defining_code": Node("CODE_PHRASE", extra=tuple(phrase), xsi_type="C_CODE_PHRASE")},
    )


def _primitive(rm_type: str, item_type: str, *constraint: ET.Element) -> Node:
    return Node(rm_type, extra=(typed("item", item_type, constraint),), xsi_type="C_PRIMITIVE_OBJECT")


def percent(lower: float, upper: float) -> Node:
    """DV_PROPORTION of kind percent (type 2, denominator 100)."""
    return Node(
        "DV_PROPORTION",
        single={
            "numerator": _primitive("REAL", "C_REAL", interval("range", lower, upper)),
            "denominator": _primitive("REAL", "C_REAL", interval("range", 100.0, 100.0)),
            "type": _primitive("INTEGER", "C_INTEGER", text("list", "2")),
        },
    )


def element(node_id: str, value: Node, occurs: tuple[int, int | None] = (0, 1)) -> Node:
    return Node("ELEMENT", node_id, occurs, single={"value": value})


def tree(node_id: str, *items: Node, rm_type: str = "ITEM_TREE") -> Node:
    return Node(rm_type, node_id, multiple={"items": items})


@dataclass(frozen=True)
class Archetype:
    """An archetype as the template uses it: its id, its root constraint and its terms in one language."""

    archetype_id: str
    root: Node
    terms: Terms


def observation(
    archetype: str,
    nodes: tuple[str, str, str],
    items: tuple[Node, ...],
    terms: Terms,
    state: Node | None = None,
) -> Archetype:
    """An OBSERVATION: `nodes` are the at-codes of HISTORY, its event and the event's data."""
    history, event, data = nodes
    single = {"data": tree(data, *items)} | ({"state": state} if state else {})
    root = Node(
        "OBSERVATION",
        "at0000",
        (0, 1),
        single={
            "data": Node(
                "HISTORY", history, multiple={"events": (Node("EVENT", event, (0, None), single=single),)}
            )
        },
    )
    return Archetype(f"openEHR-EHR-OBSERVATION.{archetype}", root, terms)


def _attributes(node: Node, nested: Mapping[str, list[ET.Element]]) -> Iterable[ET.Element]:
    for name, child in node.single.items():
        yield typed(
            "attributes",
            "C_SINGLE_ATTRIBUTE",
            [text("rm_attribute_name", name), interval("existence", 1, 1), _object("children", child)],
        )
    for name in dict.fromkeys([*node.multiple, *nested]):
        children = [_object("children", child) for child in node.multiple.get(name, ())]
        cardinality = group(
            "cardinality",
            [
                text("is_ordered", value=False),
                text("is_unique", value=False),
                interval("interval", 0, None),
            ],
        )
        parts = [text("rm_attribute_name", name), interval("existence", 0, 1), *children]
        yield typed("attributes", "C_MULTIPLE_ATTRIBUTE", [*parts, *nested.get(name, []), cardinality])


def _head(node: Node) -> list[ET.Element]:
    lower, upper = node.occurs
    return [
        text("rm_type_name", node.rm_type),
        interval("occurrences", lower, upper),
        text("node_id", node.node_id),
    ]


def _object(tag: str, node: Node) -> ET.Element:
    return typed(tag, node.xsi_type, [*_head(node), *_attributes(node, {}), *node.extra])


def _root(tag: str, archetype: Archetype, content: Iterable[Archetype] = ()) -> ET.Element:
    nested = {"content": [_root("children", child) for child in content]}
    terms = [
        group(
            "term_definitions",
            [
                group("items", [], id="text"),
                group("items", [], id="description"),
            ],
            code=at_code,
        )
        for at_code in archetype.terms
    ]
    for definition, (label, description) in zip(terms, archetype.terms.values(), strict=True):
        definition[0].text, definition[1].text = label, description
    return typed(
        tag,
        "C_ARCHETYPE_ROOT",
        [
            *_head(archetype.root),
            *_attributes(archetype.root, {k: v for k, v in nested.items() if v}),
            group("archetype_id", [text("value", archetype.archetype_id)]),
            *terms,
        ],
    )


def template(template_id: str, uid: str, purpose: str, composition: Archetype, *content: Archetype) -> bytes:
    """The OPT as UTF-8 XML."""
    details = [code("language", "ISO_639-1", "en"), text("purpose", purpose)]
    description = [
        group("original_author", [], id="name"),
        text("lifecycle_state", "published"),
        group("details", details),
    ]
    description[0].text = "Openward"
    definition = _root("definition", composition, content)
    definition.attrib.pop(f"{{{XSI}}}type")
    root = group(
        "template",
        [
            code("language", "ISO_639-1", "en"),
            group("description", description),
            group("uid", [text("value", uid)]),
            group("template_id", [text("value", template_id)]),
            text("concept", template_id),
            definition,
        ],
        xmlns=OPENEHR,
    )
    ET.register_namespace("xsi", XSI)
    ET.indent(root, " ")
    document: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + document + b"\n"
