"""From the element of a constraint to the constraint: C_OBJECT and what it holds (AOM 1.4, Template.xsd)."""

from collections.abc import Callable
from typing import Any, Final

from openward_openehr.opt.data_values import code_object, ordinal_object, quantity_object, state_object
from openward_openehr.opt.elements import (
    Parts,
    all_text,
    interval,
    is_true,
    kind,
    line,
    name,
    one,
    parts,
    said,
    span,
    text,
    whole,
)
from openward_openehr.opt.errors import OptInvalid
from openward_openehr.opt.hardened_xml import Element
from openward_openehr.opt.model import (
    UNBOUNDED,
    ArchetypeRoot,
    ArchetypeSlot,
    Attribute,
    Cardinality,
    ComplexObject,
    Constraint,
    Primitive,
    PrimitiveObject,
    Reference,
)
from openward_openehr.opt.terms import bindings, term

#: How to read the bounds of the range of a primitive; those not named are texts (dates, durations).
_NUMBERS: Final[dict[str, type[int | float | str]]] = {"C_INTEGER": int, "C_REAL": float}


def archetype_root(element: Element) -> ArchetypeRoot:
    """Whatever its xsi:type says: the root of the definition has none."""
    found = parts(element)
    return _archetype_root(found, _common(element, found))


def constraint(element: Element) -> Constraint:
    """Of the kind that its xsi:type says; a plain `Constraint` where that is not one we know."""
    found = parts(element)
    common = _common(element, found)
    read = _READERS.get(common["kind"])
    return read(found, common) if read else Constraint(**common)


def _common(element: Element, found: Parts) -> dict[str, Any]:
    """What every constraint has, as keywords."""
    low, high = span(one(found, "occurrences"))
    return {
        "kind": kind(element),
        "rm_type": _needed(element, found, "rm_type_name"),
        "node_id": said(found, "node_id") or "",
        "min": UNBOUNDED if low is None else low,
        "max": UNBOUNDED if high is None else high,
        "line": line(element),
    }


def _needed(element: Element, found: Parts, named: str) -> str:
    written = said(found, named)
    if not written or not written.strip():
        raise OptInvalid(f"it has no {named} in {name(element)}", line(element))
    return written


def _archetype_root(found: Parts, common: dict[str, Any]) -> ArchetypeRoot:
    terms = {each.code: each for each in map(term, found.get("term_definitions", ()))}
    return ArchetypeRoot(
        **common,
        attributes=_attributes(found),
        archetype_id=text(one(found, "archetype_id"), "value") or "",
        terms=terms,
        bindings=tuple(each for of_one in found.get("term_bindings", ()) for each in bindings(of_one)),
    )


def _complex_object(found: Parts, common: dict[str, Any]) -> ComplexObject:
    return ComplexObject(**common, attributes=_attributes(found))


def _attributes(found: Parts) -> tuple[Attribute, ...]:
    return tuple([_attribute(each) for each in found.get("attributes", ())])


def _attribute(element: Element) -> Attribute:
    found = parts(element)
    low, high = span(one(found, "existence"))
    return Attribute(
        name=_needed(element, found, "rm_attribute_name"),
        multiple=kind(element) == "C_MULTIPLE_ATTRIBUTE",
        existence_min=low or 0,
        existence_max=UNBOUNDED if high is None else high,
        children=tuple([constraint(each) for each in found.get("children", ())]),
        cardinality=_cardinality(one(found, "cardinality")),
        line=line(element),
    )


def _cardinality(element: Element | None) -> Cardinality | None:
    if element is None:
        return None
    found = parts(element)
    low, high = span(one(found, "interval"))
    ordered, unique = (is_true(said(found, each)) for each in ("is_ordered", "is_unique"))
    return Cardinality(low, UNBOUNDED if high is None else high, ordered, unique)


def _slot(found: Parts, common: dict[str, Any]) -> ArchetypeSlot:
    includes, excludes = (
        tuple(text(each, "string_expression") or all_text(each) for each in found.get(which, ()))
        for which in ("includes", "excludes")
    )
    return ArchetypeSlot(**common, includes=includes, excludes=excludes)


def _primitive_object(found: Parts, common: dict[str, Any]) -> PrimitiveObject:
    item = one(found, "item")
    return PrimitiveObject(**common, item=None if item is None else _primitive(item))


def _primitive(element: Element) -> Primitive:
    found, type_ = parts(element), kind(element)
    values = (each.text or "" for each in found.get("list", ()))
    return Primitive(
        type=type_,
        pattern=said(found, "pattern"),
        values=tuple(str(whole(each)) for each in values) if type_ == "C_INTEGER" else tuple(values),
        list_open=is_true(said(found, "list_open")),
        range=interval(one(found, "range"), _NUMBERS.get(type_, str)),
        true_valid=is_true(said(found, "true_valid")),
        false_valid=is_true(said(found, "false_valid")),
        assumed=next((all_text(each) for each in found.get("assumed_value", ())), None),
        line=line(element),
    )


def _reference(found: Parts, common: dict[str, Any]) -> Reference:
    target = said(found, "target_path") or said(found, "reference") or ""
    return Reference(**common, target=target)


_READERS: Final[dict[str, Callable[[Parts, dict[str, Any]], Constraint]]] = {
    "C_ARCHETYPE_ROOT": _archetype_root,
    "C_COMPLEX_OBJECT": _complex_object,
    "C_PRIMITIVE_OBJECT": _primitive_object,
    "ARCHETYPE_SLOT": _slot,
    "ARCHETYPE_INTERNAL_REF": _reference,
    "CONSTRAINT_REF": _reference,
    "C_DV_QUANTITY": quantity_object,
    "C_DV_ORDINAL": ordinal_object,
    "C_DV_SCALE": ordinal_object,
    "C_DV_STATE": state_object,
    "C_CODE_PHRASE": code_object,
    "C_CODE_REFERENCE": code_object,
}
