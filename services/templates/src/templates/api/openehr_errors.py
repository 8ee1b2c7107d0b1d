"""Errors of the openEHR API in both tongues: problems (RFC 9457) that are errors of EHRbase's, too."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from openward_contracts.problem import PROBLEM_MEDIA_TYPE, Problem
from openward_servicekit.problems import Rendering

#: EHRbase's own, by code.
_WORDS: Final = {"template-not-found": "Template with the specified id does not exist"}
_SCHEMA: Final = {
    "allOf": [{"$ref": "#/components/schemas/Problem"}],
    "properties": {
        "error": {"type": "string", "description": "the reason phrase of the status"},
        "message": {"type": "string", "description": "what EHRbase said, or `detail`"},
    },
    "required": ["error", "message"],
}


def renderings(bases: Iterable[str]) -> tuple[Rendering, ...]:
    return tuple(Rendering(base, PROBLEM_MEDIA_TYPE, "OpenEhrProblem", _SCHEMA, _body) for base in bases)


def _body(problem: Problem) -> bytes:
    content: dict[str, Any] = json.loads(problem.body())
    message = _WORDS.get(problem.code) or problem.detail or problem.title
    words = {"error": HTTPStatus(problem.status).phrase, "message": message}
    return json.dumps(words | content, ensure_ascii=False).encode()
