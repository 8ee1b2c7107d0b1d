"""Whether a value in the template (assumed, default) is allowed by the template itself."""

from typing import Final

from openward_openehr.opt.lint.bounds import PARSERS, read, real
from openward_openehr.opt.lint.definition import CODES, PRIMITIVE, Object
from openward_openehr.opt.lint.source import Element
from openward_openehr.reference_model.types import is_a

_TRUE: Final = {"true": "true_valid", "false": "false_valid"}
_OPEN: Final = "true"


def allows(constraint: Object, value: Element) -> bool:
    """`value`: as XML, an element for each of its attributes. True where that is not known."""
    match constraint.kind:
        case "C_DV_QUANTITY":
            return _allows_quantity(constraint.element, value)
        case "C_DV_ORDINAL" | "C_DV_SCALE":
            return _allows_ordinal(constraint.element, value)
        case kind if kind == CODES:
            return _allows_code(constraint.element, value)
        case kind if kind == PRIMITIVE:
            item = constraint.element.child("item")
            return item is None or _allows_primitive(item, value.text)
    return all(_allows_attribute(constraint, each) for each in value.children)


def any_allows(constraints: list[Object], value: Element) -> bool:
    """`value` with an xsi:type; nothing constrains, if there are no constraints."""
    fitting = [each for each in constraints if is_a(value.kind, each.rm_type)]
    return not constraints or any(allows(each, value) for each in fitting)


def _allows_attribute(constraint: Object, value: Element) -> bool:
    children = [child for attribute in constraint.attribute_named(value.name) for child in attribute.children]
    return not children or any(allows(child, value) for child in children)


def _allows_quantity(constraint: Element, value: Element) -> bool:
    entries = list(constraint.all("list"))
    fitting = [entry for entry in entries if entry.value("units") == value.value("units")]
    return not entries or any(_is_within(entry.child("magnitude"), value) for entry in fitting)


def _is_within(interval: Element | None, value: Element) -> bool:
    bounds = read(interval, real) if interval else None
    magnitude = real(value.value("magnitude"))
    return bounds is None or magnitude is None or bounds.allow(magnitude)


def _allows_ordinal(constraint: Element, value: Element) -> bool:
    values = {real(entry.value("value")) for entry in constraint.all("list")}
    return not values or real(value.value("value")) in values


def _allows_code(constraint: Element, value: Element) -> bool:
    codes = {code.text for code in constraint.all("code_list")}
    return not codes or value.value("code_string") in codes


def _allows_primitive(item: Element, written: str) -> bool:
    if item.kind == "C_BOOLEAN":
        return item.value(_TRUE.get(written, "")) != "false"
    texts = {text.text for text in item.all("list")}
    if parse := PARSERS.get(item.kind):
        parsed = parse(written)
        interval = item.child("range")
        bounds = read(interval, parse) if interval else None
        is_listed = not texts or parsed in {parse(text) for text in texts}
        return parsed is not None and is_listed and (bounds is None or bounds.allow(parsed))
    return not texts or written in texts or item.value("list_open") == _OPEN
