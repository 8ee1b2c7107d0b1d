"""How many there are: occurrences, existence, cardinality, and whether they agree with each other."""

from typing import Final

from openward_openehr.opt.lint.bounds import whole
from openward_openehr.opt.lint.definition import Attribute
from openward_openehr.opt.lint.finding import Node, Report
from openward_openehr.opt.lint.source import Element
from openward_openehr.opt.lint.template import Template

_ENDS: Final = ("lower", "upper")


def check(template: Template, report: Report) -> None:
    for each in template.objects:
        _count(each.element.child("occurrences"), each, report)
        if each.is_prohibited and not each.is_top:
            report.at(each.element, "node-prohibited", each)
        for attribute in each.attributes:
            _attribute(attribute, report)
            if each.is_prohibited or attribute.is_prohibited:
                _required(attribute, report)


def _attribute(attribute: Attribute, report: Report) -> None:
    existence = attribute.element.child("existence")
    _count(existence, attribute, report)
    _count(attribute.element.child("cardinality", "interval"), attribute, report)
    if existence and any(whole(existence.value(end)) not in (0, 1) for end in _ENDS if existence.value(end)):
        report.at(existence, "existence-invalid", attribute)
    if attribute.is_container:
        _container(attribute, report)
    else:
        _single(attribute, report)


def _count(interval: Element | None, node: Node, report: Report) -> None:
    """Of an interval of whole numbers from 0; that an end is included is what they all say."""
    if interval is None:
        return
    lower, upper = (_bound(interval, end) for end in _ENDS)
    if "invalid" in (lower, upper):
        report.at(interval, "interval-invalid", node)
        return
    numbers = [bound for bound in (lower, upper) if isinstance(bound, int)]
    if any(number < 0 for number in numbers):
        report.at(interval, "interval-negative", node)
    if len(numbers) == 2 and numbers[0] > numbers[1]:
        report.at(interval, "interval-reversed", node)


def _bound(interval: Element, end: str) -> int | str | None:
    if interval.value(f"{end}_unbounded") == "true":
        return None if end == "upper" else "invalid"
    number = whole(interval.value(end))
    return "invalid" if number is None else number


def _container(attribute: Attribute, report: Report) -> None:
    interval = attribute.element.child("cardinality", "interval")
    if interval is None:
        return
    lower, upper = attribute.cardinality
    children = [child for child in attribute.children if not child.is_prohibited]
    if upper is not None and sum(child.occurrences[0] for child in children) > upper:
        report.at(interval, "cardinality-exceeded", attribute)
    mosts = [child.occurrences[1] for child in children]
    if attribute.children and lower > sum(most or 0 for most in mosts) and None not in mosts:
        report.at(interval, "cardinality-unreachable", attribute)
    for child in children if upper is not None else ():
        if child.occurrences[1] is None or child.occurrences[1] > (upper or 0):
            report.at(child.element, "occurrences-beyond-cardinality", child)


def _single(attribute: Attribute, report: Report) -> None:
    for child in attribute.children:
        if child.occurrences[1] is None or child.occurrences[1] > 1:
            report.at(child.element, "occurrences-beyond-single", child)


def _required(attribute: Attribute, report: Report) -> None:
    """Of what may never be there, or its parent may not."""
    for child in attribute.children:
        if child.occurrences[0] > 0:
            report.at(child.element, "required-in-prohibited", child)
