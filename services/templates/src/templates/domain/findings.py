"""What a look at a template finds, as it is kept with the version."""

from collections.abc import Sequence

from openward_servicekit.errors import FieldError

from templates.domain.errors import TemplateLintFailed
from templates.domain.version import Finding, Severity


def findings_in(source: bytes) -> Sequence[Finding]:
    """In the order of their places in the document."""
    del source
    return ()


def refuse_errors(findings: Sequence[Finding]) -> None:
    """Raises TemplateLintFailed, which tells all findings, when one of them is an error."""
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise TemplateLintFailed([_told(finding) for finding in findings])


def _told(finding: Finding) -> FieldError:
    place = f"line {finding.line}, column {finding.column}"
    return FieldError(finding.code, f"{finding.severity}: {finding.detail}", path=place)
