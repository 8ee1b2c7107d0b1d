"""OperationOutcome: how every error under `/fhir/r4` looks, and what a success may have to add.

Slugs and sentences only; nothing of what was sent.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from openward_contracts.problem import FieldProblem, Problem
from openward_servicekit.problems import Rendering

from patients.api.fhir.names import fhir_path
from patients.api.fhir.systems import BASE, MATCH_GRADES, PROBLEMS, URI

MEDIA_TYPE: Final = "application/fhir+json"

Outcome = dict[str, Any]

#: http://hl7.org/fhir/issue-type by status.
_CODES: Final[Mapping[int, str]] = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    409: "conflict",
    412: "conflict",
    413: "too-long",
    415: "not-supported",
    422: "processing",
    428: "required",
    429: "throttled",
    503: "transient",
    504: "timeout",
}
#: Where the slug says more than the status.
_CODES_OF: Final[Mapping[str, str]] = {
    "possible-duplicate": "duplicate",
    "identifier-taken": "duplicate",
    "patient-exists": "duplicate",
    "several-matches": "multiple-matches",
    "source-domain-unknown": "code-invalid",
    "target-domain-unknown": "code-invalid",
    "search-too-short": "too-costly",
    "if-match-required": "required",
}
_CODES_OF_FIELD: Final[Mapping[str, str]] = {
    "not-supported": "not-supported",
    "missing": "required",
    "required": "required",
    "extra-forbidden": "structure",
    "type": "structure",
    "structure": "structure",
    "enum": "code-invalid",
    "taken": "duplicate",
    "overlay": "business-rule",
    "check-digit": "business-rule",
    "domain-closed": "business-rule",
}


def issue(
    severity: str, code: str, slug: str, detail: str | None = None, expression: str | None = None
) -> dict[str, Any]:
    element: dict[str, Any] = {
        "severity": severity,
        "code": code,
        "details": {"coding": [{"system": PROBLEMS, "code": slug}]},
    }
    if detail is not None:
        # IHE PIXm (2:3.83.4.2.2) looks for its sentences in `diagnostics`.
        element["details"]["text"] = element["diagnostics"] = detail
    if expression is not None:
        element["expression"] = [expression]
    return element


def outcome(*issues: Mapping[str, Any]) -> Outcome:
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def accepted(ignored: Iterable[str]) -> Outcome:
    """Of a write that was done; `ignored`: JSON pointers of extensions that were not kept."""
    warnings = [
        issue("warning", "not-supported", "extension-ignored", "Not kept.", fhir_path(pointer))
        for pointer in ignored
    ]
    return outcome(*(warnings or [issue("information", "informational", "done")]))


def problem_outcome(problem: Problem) -> bytes:
    """The problem first, then each of its parts."""
    code = _CODES_OF.get(problem.code) or _CODES.get(problem.status, "exception")
    whole = issue("error", code, problem.code, problem.detail)
    parts = [_part(error, code) for error in problem.errors]
    candidates = [_candidate(each) for each in (problem.model_extra or {}).get("candidates", ())]
    return json.dumps(outcome(whole, *parts, *candidates), ensure_ascii=False).encode()


def _candidate(candidate: Mapping[str, Any]) -> dict[str, Any]:
    """Of a possible duplicate: who, and how sure; `GET Patient/<id>` shows more to who may see it."""
    coding = [{"system": URI, "code": f"urn:uuid:{candidate['patient_id']}"}]
    if "grade" in candidate:
        coding.append({"system": MATCH_GRADES, "code": candidate["grade"]})
    return {"severity": "information", "code": "duplicate", "details": {"coding": coding}}


def _part(error: FieldProblem, of_whole: str) -> dict[str, Any]:
    where = f"http.{error.path}" if error.path is not None else fhir_path(error.pointer or "")
    code = _CODES_OF_FIELD.get(error.code, "value" if of_whole == "processing" else of_whole)
    return issue("error", code, error.code, error.detail, where)


RENDERING: Final = Rendering(
    prefix=BASE,
    media_type=MEDIA_TYPE,
    name="OperationOutcome",
    schema={
        "type": "object",
        "description": "http://hl7.org/fhir/R4/operationoutcome.html",
        "required": ["resourceType", "issue"],
        "properties": {
            "resourceType": {"const": "OperationOutcome"},
            "issue": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["severity", "code"],
                    "properties": {"severity": {"type": "string"}, "code": {"type": "string"}},
                },
            },
        },
    },
    body=problem_outcome,
)
