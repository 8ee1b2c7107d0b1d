"""Quantities, ordinals and codes."""

from collections.abc import Iterator
from typing import Final

from openward_openehr.opt.lint.allowing import allows
from openward_openehr.opt.lint.bounds import PARSERS, Parse, read, real
from openward_openehr.opt.lint.definition import CODES, Object
from openward_openehr.opt.lint.finding import Report
from openward_openehr.opt.lint.source import Element
from openward_openehr.opt.lint.template import Template
from openward_openehr.opt.lint.terminologies import is_known, usual_name
from openward_openehr.reference_model.terminology import rubric

_OPENEHR: Final = "openehr"


def check(template: Template, report: Report) -> None:
    for each in template.objects:
        if rule := _RULES.get(each.kind):
            rule(each, report)
            assumed = each.element.child("assumed_value")
            if assumed and not allows(each, assumed):
                report.at(assumed, "assumed-value-outside", each)
    for element in template.with_child("terminology_id"):
        _terminology(element, report)
    for element in template.elements("term_bindings"):
        _bindings(element, report)


def _quantity(each: Object, report: Report) -> None:
    measured, entries = each.element.child("property"), list(each.element.all("list"))
    if measured is None and not entries:
        report.at(each.element, "quantity-unconstrained", each)
    elif measured is None:
        report.at(each.element, "quantity-property-missing", each)
    elif not entries:
        report.at(each.element, "quantity-units-missing", each)
    found = set()
    for entry in entries:
        units = entry.child("units")
        if units is None or not units.text:
            report.at(units or entry, "units-missing", each)
        elif units.text in found:
            report.at_text(units, "quantity-units-duplicate", each)
        found.add(units.text if units else "")
        _range(entry.child("magnitude"), real, each, report)
        _range(entry.child("precision"), PARSERS["C_INTEGER"], each, report)


def _range(interval: Element | None, parse: Parse, each: Object, report: Report) -> None:
    if interval is None:
        return
    bounds = read(interval, parse)
    if bounds is None:
        report.at(interval, "interval-invalid", each)
    elif bounds.is_reversed:
        report.at(interval, "interval-reversed", each)


def _ordinal(each: Object, report: Report) -> None:
    entries = list(each.element.all("list"))
    if not entries:
        report.at(each.element, "ordinal-list-empty", each)
    values, symbols = set(), set()
    for entry in entries:
        value = entry.child("value")
        number = real(value.text) if value else None
        code = entry.child("symbol", "defining_code", "code_string")
        if number is None:
            report.at(value or entry, "value-invalid", each)
        elif number in values and value:
            report.at_text(value, "ordinal-duplicate", each, value.text)
        values.add(number)
        if code and code.text:
            if code.text in symbols:
                report.at_text(code, "code-duplicate", each, code.text)
            symbols.add(code.text)


def _codes(each: Object, report: Report) -> None:
    if not each.element.value("terminology_id", "value"):
        report.at(each.element, "terminology-missing", each)
    codes = list(each.element.all("code_list"))
    if not any(code.text for code in codes):
        report.at(codes[0] if codes else each.element, "coded-list-empty", each)
    found = set()
    for code in codes:
        if code.text in found:
            report.at_text(code, "code-duplicate", each, code.text)
        found.add(code.text)


def _terminology(element: Element, report: Report) -> None:
    """Wherever a code is: it has a terminology, and if that is openEHR's, a code that this has."""
    name = element.child("terminology_id", "value")
    if name is None or not name.text:
        return
    if code := _unusual(name.text):
        report.at_text(name, code)
    elif name.text == _OPENEHR:
        for phrase in _codes_of(element):
            if phrase.text.isdigit() and rubric(phrase.text) is None:
                report.at_text(phrase, "openehr-code-unknown", None, phrase.text)


def _bindings(element: Element, report: Report) -> None:
    if code := _unusual(element.attributes.get("terminology", "")):
        report.at_attribute(element, "terminology", code)


def _unusual(terminology_id: str) -> str | None:
    """What is found about its name."""
    if is_known(terminology_id):
        return None
    return "terminology-spelling" if usual_name(terminology_id) else "terminology-unknown"


def _codes_of(phrase: Element) -> Iterator[Element]:
    return (each for each in phrase.children if each.name in ("code_string", "code_list"))


_RULES: Final = {"C_DV_QUANTITY": _quantity, "C_DV_ORDINAL": _ordinal, "C_DV_SCALE": _ordinal, CODES: _codes}
