"""OperationOutcome of the registry: issue types of its problems, ignored extensions, possible duplicates."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from openward_contracts.problem import Problem
from openward_servicekit.fhir.outcome import Outcome, issue, outcome, rendering

from patients.api.fhir.names import fhir_path
from patients.api.fhir.systems import MATCH_GRADES, URI

#: Where the slug says more than the status.
_CODES: Final[Mapping[str, str]] = {
    "possible-duplicate": "duplicate",
    "identifier-taken": "duplicate",
    "patient-exists": "duplicate",
    "several-matches": "multiple-matches",
    "source-domain-unknown": "code-invalid",
    "target-domain-unknown": "code-invalid",
    "search-too-short": "too-costly",
}


def accepted(ignored: Iterable[str]) -> Outcome:
    """Of a write that was done; `ignored`: JSON pointers of extensions that were not kept."""
    warnings = [
        issue("warning", "not-supported", "extension-ignored", "Not kept.", fhir_path(pointer))
        for pointer in ignored
    ]
    return outcome(*(warnings or [issue("information", "informational", "done")]))


def _candidates(problem: Problem) -> Iterator[dict[str, Any]]:
    return map(_candidate, (problem.model_extra or {}).get("candidates", ()))


def _candidate(candidate: Mapping[str, Any]) -> dict[str, Any]:
    """Of a possible duplicate: who, and how sure; `GET Patient/<id>` shows more to who may see it."""
    coding = [{"system": URI, "code": f"urn:uuid:{candidate['patient_id']}"}]
    if "grade" in candidate:
        coding.append({"system": MATCH_GRADES, "code": candidate["grade"]})
    return {"severity": "information", "code": "duplicate", "details": {"coding": coding}}


RENDERING: Final = rendering(_CODES, fhir_path, _candidates)
