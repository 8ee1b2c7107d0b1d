"""What a look at a template finds, as it is kept with the version."""

from collections.abc import Sequence
from typing import Final

from openward_openehr.opt.lint import lint
from openward_servicekit.errors import FieldError

from templates.domain.compiled import compile_source
from templates.domain.errors import TemplateLintFailed, TemplateNotCompiled
from templates.domain.version import Finding, Severity

#: What a template of some thousand nodes may repeat in each of them.
_KEPT: Final = 1000


def examined(source: bytes) -> Sequence[Finding]:
    """In the order of their places in the document.

    Raises TemplateLintFailed for a document with errors that keep us from understanding it. Other errors
    EHRbase may live with: it says so itself.
    """
    findings = findings_in(source)
    if any(finding.severity is Severity.ERROR for finding in findings):
        try:
            compile_source(source)
        except TemplateNotCompiled as problem:
            raise TemplateLintFailed(problem.detail or "", errors_of(findings)) from None
    return findings


def findings_in(source: bytes) -> Sequence[Finding]:
    return [
        Finding(
            severity=Severity(found.severity),
            code=found.code,
            detail=found.message,
            line=found.line,
            column=found.column,
            path=found.path,
            label=found.label,
        )
        for found in lint(source, _KEPT)
    ]


def errors_of(findings: Sequence[Finding]) -> Sequence[FieldError]:
    """As a problem tells them: all findings, each with its place in the document."""
    return [_told(finding) for finding in findings]


def _told(finding: Finding) -> FieldError:
    place = f"line {finding.line}, column {finding.column}"
    return FieldError(finding.code, f"{finding.severity}: {finding.detail}", path=place)
