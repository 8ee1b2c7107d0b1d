"""Constraints of an operational template (OPT 1.4): what may be where, without what it is called."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

XSI = "http://www.w3.org/2001/XMLSchema-instance"

Occurs = tuple[int, int | None]

Terms = Mapping[str, tuple[str, str]]
"""at-code -> (text, description)"""


@dataclass(frozen=True)
class Node:
    """A constraint on one RM object: its type, how often it may occur, and its attributes.

    Of an attribute in `single`, several nodes are alternatives.
    """

    rm_type: str
    node_id: str = ""
    occurs: Occurs = (1, 1)
    single: Mapping[str, "Node | tuple[Node, ...]"] = field(default_factory=dict)
    multiple: Mapping[str, tuple["Node | Archetype", ...]] = field(default_factory=dict)
    extra: tuple[ET.Element, ...] = ()
    xsi_type: str = "C_COMPLEX_OBJECT"


@dataclass(frozen=True)
class Archetype:
    """An archetype as the template uses it: its id, its root constraint and its terms.

    `translations`: its terms in other languages than the template's, by their tags.
    """

    archetype_id: str
    root: Node
    terms: Terms
    translations: Mapping[str, Terms] = field(default_factory=dict)


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
    """DV_CODED_TEXT with one of these codes; without any, with one of the terminology."""
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


def ordinal(*symbols: tuple[int, str]) -> Node:
    """DV_ORDINAL: its values, each with the archetype's code of its symbol."""
    allowed = [
        group(
            "list",
            [
                text("value", value),
                group("symbol", [text("value", ""), code("defining_code", "local", symbol)]),
            ],
        )
        for value, symbol in symbols
    ]
    return Node("DV_ORDINAL", extra=tuple(allowed), xsi_type="C_DV_ORDINAL")


def pattern(rm_type: str, item_type: str, regular_expression: str) -> Node:
    """A string, date or time of this form."""
    return _primitive(rm_type, item_type, text("pattern", regular_expression))


def element(node_id: str, *values: Node, occurs: Occurs = (0, 1)) -> Node:
    """ELEMENT with a value of one of these types."""
    return Node("ELEMENT", node_id, occurs, single={"value": values})


def tree(node_id: str, *items: Node | Archetype, rm_type: str = "ITEM_TREE", occurs: Occurs = (1, 1)) -> Node:
    """ITEM_TREE or CLUSTER."""
    return Node(rm_type, node_id, occurs, multiple={"items": items})
