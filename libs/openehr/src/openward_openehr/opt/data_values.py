"""Constraints of data values that have a form of their own (openEHR AOM 1.4 profile: OpenehrProfile.xsd).

`common`: what every constraint has, as keywords.
"""

from typing import Any

from openward_openehr.opt.elements import Parts, child, children, interval, line, one, parts, real, said, text
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


def quantity_object(found: Parts, common: dict[str, Any]) -> QuantityObject:
    assumed = one(found, "assumed_value")
    return QuantityObject(
        **common,
        property=_code(one(found, "property")),
        units=tuple(_unit(each) for each in found.get("list", ())),
        assumed_magnitude=None if assumed is None else real(text(assumed, "magnitude")),
        assumed_units=text(assumed, "units"),
    )


def _unit(element: Element) -> Unit:
    found = parts(element)
    magnitude, precision = interval(one(found, "magnitude"), float), interval(one(found, "precision"), int)
    return Unit(said(found, "units") or "", magnitude, precision, line(element))


def ordinal_object(found: Parts, common: dict[str, Any]) -> OrdinalObject:
    return OrdinalObject(
        **common,
        values=tuple(_ordinal(each) for each in found.get("list", ())),
        assumed_code=text(one(found, "assumed_value"), "symbol", "defining_code", "code_string"),
    )


def _ordinal(element: Element) -> Ordinal:
    symbol = _code(child(element, "symbol", "defining_code")) or Code("", "")
    return Ordinal(real(text(element, "value")), symbol, line(element))


def code_object(found: Parts, common: dict[str, Any]) -> CodeObject:
    return CodeObject(
        **common,
        terminology=text(one(found, "terminology_id"), "value"),
        codes=tuple(each.text or "" for each in found.get("code_list", ())),
        reference_set=said(found, "referenceSetUri"),
        assumed_code=text(one(found, "assumed_value"), "code_string"),
    )


def state_object(found: Parts, common: dict[str, Any]) -> StateObject:
    states = children(one(found, "value"), "states")
    return StateObject(**common, states=tuple(text(each, "name") or "" for each in states))


def _code(element: Element | None) -> Code | None:
    if element is None:
        return None
    return Code(text(element, "terminology_id", "value") or "", text(element, "code_string") or "")
