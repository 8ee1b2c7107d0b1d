"""What is wrong in an operational template (OPT 1.4), at line and column.

Findings never say that a template cannot be stored: EHRbase takes many that have errors. An `error` is what
contradicts the standard or itself, or what EHRbase refuses; a `warning` what is likely a mistake; an `info`
what whoever uses the template should know. What each code says is in `openward_openehr.opt.lint.catalogue`:

* error: `xml-malformed`, `xml-forbidden`, `xml-too-deep`, `root-unexpected`, `definition-missing`,
  `template-id-missing`, `template-id-invalid`, `concept-missing`, `language-missing`, `language-invalid`,
  `archetype-id-missing`, `archetype-id-invalid`, `archetype-type-mismatch`, `root-type-invalid`,
  `rm-type-missing`, `rm-type-unknown`, `rm-type-unsupported`, `rm-type-mismatch`, `rm-attribute-unknown`,
  `attribute-multiplicity-wrong`, `attribute-duplicate`, `constraint-kind-unknown`,
  `constraint-type-mismatch`, `interval-invalid`, `interval-reversed`, `interval-negative`,
  `existence-invalid`, `cardinality-exceeded`, `cardinality-unreachable`, `required-in-prohibited`,
  `required-prohibited`, `node-id-invalid`, `code-undefined`, `quantity-units-duplicate`, `code-duplicate`,
  `boolean-impossible`, `pattern-invalid`, `date-pattern-invalid`, `duration-pattern-invalid`,
  `value-invalid`, `assumed-value-outside`, `default-value-outside`, `slot-pattern-invalid`
* warning: `uid-missing`, `uid-invalid`, `template-id-characters`, `language-terminology-unusual`,
  `language-unknown`, `description-missing`, `description-details-missing`, `description-language-missing`,
  `purpose-missing`, `element-unknown`, `interval-missing`, `root-type-unusual`, `node-id-missing`,
  `node-id-duplicate`, `code-undescribed`, `term-duplicate`, `term-code-missing`, `term-language-missing`,
  `language-terms-missing`, `terminology-missing`, `terminology-unknown`, `openehr-code-unknown`,
  `coded-list-empty`, `ordinal-list-empty`, `quantity-property-missing`, `quantity-units-missing`,
  `quantity-unconstrained`, `units-missing`, `occurrences-beyond-single`, `string-list-duplicate`,
  `constraint-empty`, `slot-assertion-missing`, `slot-assertion-unread`, `path-unknown`
* info: `binding-unused`, `ordinal-duplicate`, `lifecycle-unpublished`, `author-missing`,
  `concept-characters`, `name-characters`, `flat-id-duplicate`, `node-renamed`, `node-prohibited`,
  `archetype-unstable`, `archetype-repeated`, `slot-unconstrained`, `slot-open`, `term-unused`,
  `terminology-spelling`, `occurrences-beyond-cardinality`, `rm-attribute-computed`
"""

from collections.abc import Mapping
from typing import Final

from openward_openehr.opt.lint import rules, template
from openward_openehr.opt.lint.catalogue import RULES, Severity
from openward_openehr.opt.lint.finding import Finding, Report
from openward_openehr.opt.lint.source import Element, Source, SourceUnreadable

_RANKS: Final[Mapping[Severity, int]] = {"error": 0, "warning": 1, "info": 2}

__all__ = ["RULES", "Finding", "Severity", "lint"]


def lint(source: bytes, limit: int | None = None) -> list[Finding]:
    """Every finding in the order of the document; `source` is XML in UTF-8.

    With a limit, the most severe: no info takes the place of an error. Of one code no more than 1,000.

    A document that cannot be read, or is something else than an OPT, gives the one finding that says so.
    Nothing is raised; entities, document types and whatever else refers to another document are not read.
    """
    try:
        document = Source(source)
    except SourceUnreadable as unreadable:
        return [_unreadable(unreadable)]
    report = Report(document)
    _check(document.root, report)
    return _most_severe(report.findings(), limit)


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


def _most_severe(findings: list[Finding], limit: int | None) -> list[Finding]:
    ranked = sorted(range(len(findings)), key=lambda at: _RANKS[findings[at].severity])
    return [findings[at] for at in sorted(ranked[:limit])]


def _unreadable(error: SourceUnreadable) -> Finding:
    rule = RULES[error.code]
    return Finding(error.code, rule.severity, rule.says, error.line, error.column, "/")
