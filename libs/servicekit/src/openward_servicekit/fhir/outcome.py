"""OperationOutcome: how every error under a FHIR base looks, and what a success may have to add.

Slugs and sentences only; nothing of what was sent.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from openward_contracts.problem import FieldProblem, Problem

from openward_servicekit.fhir.media import BASE, MEDIA_TYPE
from openward_servicekit.problems import Rendering

#: Code system of the slugs of problems.
PROBLEMS: Final = "urn:openward:problem"

Outcome = dict[str, Any]
Issue = dict[str, Any]

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
_CODES_OF: Final[Mapping[str, str]] = {"if-match-required": "required"}
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


def rendering(
    codes: Mapping[str, str] | None = None,
    fhir_path: Callable[[str], str | None] = lambda _: None,
    more: Callable[[Problem], Iterable[Issue]] = lambda _: (),
) -> Rendering:
    """Problems below the base as OperationOutcomes: the problem first, then each of its parts, then `more`.

    `codes`: issue types of slugs that say more than their status. `fhir_path`: of a JSON pointer.
    """
    known = {**_CODES_OF, **(codes or {})}

    def body(problem: Problem) -> bytes:
        code = known.get(problem.code) or _CODES.get(problem.status, "exception")
        whole = issue("error", code, problem.code, problem.detail)
        parts = [_part(error, code, fhir_path) for error in problem.errors]
        return json.dumps(outcome(whole, *parts, *more(problem)), ensure_ascii=False).encode()

    return Rendering(prefix=BASE, media_type=MEDIA_TYPE, name="OperationOutcome", schema=_SCHEMA, body=body)


def _part(error: FieldProblem, of_whole: str, fhir_path: Callable[[str], str | None]) -> Issue:
    where = f"http.{error.path}" if error.path is not None else fhir_path(error.pointer or "")
    code = _CODES_OF_FIELD.get(error.code, "value" if of_whole == "processing" else of_whole)
    return issue("error", code, error.code, error.detail, where)


_SCHEMA: Final = {
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
}
