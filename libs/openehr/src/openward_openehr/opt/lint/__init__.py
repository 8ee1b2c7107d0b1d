"""What is wrong in an operational template (OPT 1.4), at line and column.

Findings never say that a template cannot be stored: EHRbase takes many that have errors. An `error` is what
contradicts the standard or itself, or what EHRbase refuses; a `warning` what is likely a mistake; an `info`
what whoever uses the template should know.
"""

from openward_openehr.opt.lint import rules, template
from openward_openehr.opt.lint.catalogue import RULES, Severity
from openward_openehr.opt.lint.finding import Finding, Report
from openward_openehr.opt.lint.source import Element, Source, SourceUnreadable

__all__ = ["RULES", "Finding", "Severity", "lint"]


def lint(source: bytes) -> list[Finding]:
    """Every finding in the order of the document; `source` is XML in UTF-8.

    A document that cannot be read, or is something else than an OPT, gives the one finding that says so.
    Nothing is raised; entities, document types and whatever else refers to another document are not read.
    """
    try:
        document = Source(source)
    except SourceUnreadable as unreadable:
        return [_unreadable(unreadable)]
    report = Report(document)
    _check(document.root, report)
    return report.findings()


def _check(root: Element, report: Report) -> None:
    definition = root.child("definition")
    if root.name != "template" or root.foreign:
        report.at(root, "root-unexpected")
    elif definition is None:
        report.at(root, "definition-missing")
    else:
        read = template.read(root, definition)
        for rule in rules.ALL:
            rule(read, report)


def _unreadable(error: SourceUnreadable) -> Finding:
    rule = RULES[error.code]
    return Finding(error.code, rule.severity, rule.says, error.line, error.column, "/")
