"""Slots: which archetypes may fill them."""

from typing import Final

from openward_openehr.opt.lint.definition import SLOT, Object
from openward_openehr.opt.lint.finding import Report
from openward_openehr.opt.lint.regular_expressions import is_regular_expression
from openward_openehr.opt.lint.source import Element
from openward_openehr.opt.lint.template import Template

#: `matches`. Source: openEHR support, operator kinds of the assertion language.
_MATCHES: Final = "2007"
_ARCHETYPE_IDS: Final = ("archetype_id/value", "archetype_id", "short_concept_name")


def check(template: Template, report: Report) -> None:
    for each in template.objects:
        if each.kind == SLOT and not each.is_prohibited:
            _slot(each, report)


def _slot(each: Object, report: Report) -> None:
    assertions = [*each.element.all("includes"), *each.element.all("excludes")]
    report.at(each.element, "slot-open" if assertions else "slot-unconstrained", each)
    for assertion in assertions:
        expression = assertion.child("expression")
        if expression is None:
            report.at(assertion, "slot-assertion-missing", each)
        else:
            _expression(expression, each, report)


def _expression(expression: Element, each: Object, report: Report) -> None:
    """`archetype_id/value matches {/…/}` is what EHRbase and designers know; others are not evaluated."""
    pattern = expression.child("right_operand", "item", "pattern")
    is_known = (
        expression.value("operator") in (_MATCHES, "matches")
        and expression.value("left_operand", "item").removeprefix("/") in _ARCHETYPE_IDS
    )
    if pattern is None or not is_known:
        report.at(expression, "slot-assertion-unread", each)
    elif not is_regular_expression(pattern.text):
        report.at_text(pattern, "slot-pattern-invalid", each)
