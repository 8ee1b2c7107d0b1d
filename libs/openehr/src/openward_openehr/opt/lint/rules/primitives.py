"""Constraints on texts, numbers, dates, durations."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from openward_openehr.opt.lint.allowing import allows
from openward_openehr.opt.lint.bounds import PARSERS, Parse, read
from openward_openehr.opt.lint.definition import PRIMITIVE, Object
from openward_openehr.opt.lint.finding import Report
from openward_openehr.opt.lint.regular_expressions import is_regular_expression
from openward_openehr.opt.lint.source import Element
from openward_openehr.opt.lint.template import Template

_MONTH_AND_DAY: Final = r"-(?:[mM]{2}-(?:[dD]{2}|\?\?|XX)|\?\?-(?:\?\?|XX)|XX-XX)"
_DATE: Final = rf"[yY]{{4}}{_MONTH_AND_DAY}"
_TIME: Final = r"[hH]{2}:(?:[mM]{2}:(?:[sS]{2}|\?\?|XX)|\?\?:(?:\?\?|XX)|XX:XX)"
#: In a date and time everything may be optional from some place on, hours too. Source: openEHR AOM 1.4.
_DATE_TIME: Final = rf"{_DATE}T(?:{_TIME}|\?\?:(?:\?\?|XX):(?:\?\?|XX))"
_DURATION: Final = r"P(?=.)[yY]?[mM]?[wW]?[dD]?(?:T(?=.)[hH]?[mM]?[sS]?)?"

_PATTERNS: Final[Mapping[str, tuple[Callable[[str], object], str]]] = {
    "C_STRING": (is_regular_expression, "pattern-invalid"),
    "C_DATE": (re.compile(_DATE).fullmatch, "date-pattern-invalid"),
    "C_TIME": (re.compile(rf"T?{_TIME}").fullmatch, "date-pattern-invalid"),
    "C_DATE_TIME": (re.compile(_DATE_TIME).fullmatch, "date-pattern-invalid"),
    "C_DURATION": (re.compile(_DURATION).fullmatch, "duration-pattern-invalid"),
}
_SAYING: Final = frozenset({"pattern", "list", "range", "true_valid", "false_valid"})


def check(template: Template, report: Report) -> None:
    for each in template.objects:
        item = each.element.child("item") if each.kind == PRIMITIVE else None
        if item:
            _item(item, each, report)


def _item(item: Element, each: Object, report: Report) -> None:
    if not any(child.name in _SAYING for child in item.children):
        report.at(item, "constraint-empty", each)
    _pattern(item, each, report)
    if parse := PARSERS.get(item.kind):
        _range(item, parse, each, report)
        for value in item.all("list"):
            if parse(value.text) is None:
                report.at_text(value, "value-invalid", each)
    if item.kind == "C_STRING":
        _texts(item, each, report)
    if item.kind == "C_BOOLEAN" and {item.value("true_valid"), item.value("false_valid")} == {"false"}:
        report.at(item, "boolean-impossible", each)
    assumed = item.child("assumed_value")
    if assumed and not allows(each, assumed):
        report.at_text(assumed, "assumed-value-outside", each)


def _pattern(item: Element, each: Object, report: Report) -> None:
    pattern = item.child("pattern")
    if pattern and pattern.text and item.kind in _PATTERNS:
        is_valid, code = _PATTERNS[item.kind]
        if not is_valid(pattern.text):
            report.at_text(pattern, code, each)


def _range(item: Element, parse: Parse, each: Object, report: Report) -> None:
    interval = item.child("range")
    if interval is None:
        return
    bounds = read(interval, parse)
    if bounds is None:
        report.at(interval, "interval-invalid", each)
    elif bounds.is_reversed:
        report.at(interval, "interval-reversed", each)


def _texts(item: Element, each: Object, report: Report) -> None:
    found = set()
    for text in item.all("list"):
        if text.text in found:
            report.at_text(text, "string-list-duplicate", each)
        found.add(text.text)
