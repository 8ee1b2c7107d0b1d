"""Constraints of data values that have a form of their own (openEHR AOM 1.4 profile: OpenehrProfile.xsd).

`common`: what every constraint has, as keywords.
"""

from typing import Any

from openward_openehr.opt.elements import child, children, interval, line, real, text
from openward_openehr.opt.hardened_xml import Element
from openward_openehr.opt.model import (
    Code,
    CodeObject,
    Ordinal,
    OrdinalObject,
    QuantityObject,
    StateObject,
    Unit,
)


def quantity_object(element: Element, common: dict[str, Any]) -> QuantityObject:
    assumed = child(element, "assumed_value")
    return QuantityObject(
        **common,
        property=_code(child(element, "property")),
        units=tuple(_unit(each) for each in children(element, "list")),
        assumed_magnitude=None if assumed is None else real(text(assumed, "magnitude")),
        assumed_units=None if assumed is None else text(assumed, "units"),
    )


def _unit(element: Element) -> Unit:
    magnitude = interval(child(element, "magnitude"), float)
    precision = interval(child(element, "precision"), int)
    return Unit(text(element, "units") or "", magnitude, precision, line(element))


def ordinal_object(element: Element, common: dict[str, Any]) -> OrdinalObject:
    return OrdinalObject(
        **common,
        values=tuple(_ordinal(each) for each in children(element, "list")),
        assumed_code=text(element, "assumed_value", "symbol", "defining_code", "code_string"),
    )


def _ordinal(element: Element) -> Ordinal:
    symbol = _code(child(element, "symbol", "defining_code")) or Code("", "")
    return Ordinal(real(text(element, "value")), symbol, line(element))


def code_object(element: Element, common: dict[str, Any]) -> CodeObject:
    return CodeObject(
        **common,
        terminology=text(element, "terminology_id", "value"),
        codes=tuple(each.text or "" for each in children(element, "code_list")),
        reference_set=text(element, "referenceSetUri"),
        assumed_code=text(element, "assumed_value", "code_string"),
    )


def state_object(element: Element, common: dict[str, Any]) -> StateObject:
    states = children(child(element, "value"), "states")
    return StateObject(**common, states=tuple(text(each, "name") or "" for each in states))


def _code(element: Element | None) -> Code | None:
    if element is None:
        return None
    return Code(text(element, "terminology_id", "value") or "", text(element, "code_string") or "")
