"""From the element of a constraint to the constraint: C_OBJECT and what it holds (AOM 1.4, Template.xsd)."""

from collections.abc import Callable
from typing import Any, Final

from openward_openehr.opt.data_values import code_object, ordinal_object, quantity_object, state_object
from openward_openehr.opt.elements import (
    all_text,
    child,
    children,
    interval,
    is_true,
    kind,
    line,
    name,
    span,
    text,
    whole,
)
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
    terms = {each.code: each for each in map(term, children(element, "term_definitions"))}
    return ArchetypeRoot(
        **_common(element),
        attributes=_attributes(element),
        archetype_id=text(element, "archetype_id", "value") or "",
        terms=terms,
        bindings=tuple(each for found in children(element, "term_bindings") for each in bindings(found)),
    )


def constraint(element: Element) -> Constraint:
    """Of the kind that its xsi:type says; a plain `Constraint` where that is not one we know."""
    read = _READERS.get(kind(element))
    return read(element) if read else Constraint(**_common(element))


def _common(element: Element) -> dict[str, Any]:
    occurrences: Element | None = None
    rm_type = node_id = ""
    for each in element:  # in one pass: there are thousands, and these three stand first
        match name(each):
            case "rm_type_name":
                rm_type = each.text or ""
            case "occurrences":
                occurrences = each
            case "node_id":
                node_id = each.text or ""
                break
    low, high = span(occurrences)
    return {
        "kind": kind(element),
        "rm_type": rm_type,
        "node_id": node_id,
        "min": UNBOUNDED if low is None else low,
        "max": UNBOUNDED if high is None else high,
        "line": line(element),
    }


def _complex_object(element: Element) -> ComplexObject:
    return ComplexObject(**_common(element), attributes=_attributes(element))


def _attributes(element: Element) -> tuple[Attribute, ...]:
    return tuple(_attribute(each) for each in children(element, "attributes"))


def _attribute(element: Element) -> Attribute:
    low, high = span(child(element, "existence"))
    return Attribute(
        name=text(element, "rm_attribute_name") or "",
        multiple=kind(element) == "C_MULTIPLE_ATTRIBUTE",
        existence_min=low or 0,
        existence_max=UNBOUNDED if high is None else high,
        children=tuple(constraint(each) for each in children(element, "children")),
        cardinality=_cardinality(child(element, "cardinality")),
        line=line(element),
    )


def _cardinality(element: Element | None) -> Cardinality | None:
    if element is None:
        return None
    low, high = span(child(element, "interval"))
    ordered, unique = (is_true(text(element, each)) for each in ("is_ordered", "is_unique"))
    return Cardinality(low, UNBOUNDED if high is None else high, ordered, unique)


def _slot(element: Element) -> ArchetypeSlot:
    includes, excludes = (
        tuple(text(each, "string_expression") or all_text(each) for each in children(element, which))
        for which in ("includes", "excludes")
    )
    return ArchetypeSlot(**_common(element), includes=includes, excludes=excludes)


def _primitive_object(element: Element) -> PrimitiveObject:
    item = child(element, "item")
    return PrimitiveObject(**_common(element), item=None if item is None else _primitive(item))


def _primitive(element: Element) -> Primitive:
    type_, assumed = kind(element), child(element, "assumed_value")
    values = (each.text or "" for each in children(element, "list"))
    return Primitive(
        type=type_,
        pattern=text(element, "pattern"),
        values=tuple(str(whole(each)) for each in values) if type_ == "C_INTEGER" else tuple(values),
        list_open=is_true(text(element, "list_open")),
        range=interval(child(element, "range"), _NUMBERS.get(type_, str)),
        true_valid=is_true(text(element, "true_valid")),
        false_valid=is_true(text(element, "false_valid")),
        assumed=None if assumed is None else all_text(assumed),
        line=line(element),
    )


def _reference(element: Element) -> Reference:
    target = text(element, "target_path") or text(element, "reference") or ""
    return Reference(**_common(element), target=target)


_READERS: Final[dict[str, Callable[[Element], Constraint]]] = {
    "C_ARCHETYPE_ROOT": archetype_root,
    "C_COMPLEX_OBJECT": _complex_object,
    "C_PRIMITIVE_OBJECT": _primitive_object,
    "ARCHETYPE_SLOT": _slot,
    "ARCHETYPE_INTERNAL_REF": _reference,
    "CONSTRAINT_REF": _reference,
    "C_DV_QUANTITY": lambda element: quantity_object(element, _common(element)),
    "C_DV_ORDINAL": lambda element: ordinal_object(element, _common(element)),
    "C_DV_SCALE": lambda element: ordinal_object(element, _common(element)),
    "C_DV_STATE": lambda element: state_object(element, _common(element)),
    "C_CODE_PHRASE": lambda element: code_object(element, _common(element)),
    "C_CODE_REFERENCE": lambda element: code_object(element, _common(element)),
}
