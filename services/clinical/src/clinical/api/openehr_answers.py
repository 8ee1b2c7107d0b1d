"""Answers of the openEHR API: headers under the base that the client used, errors in both tongues."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from openward_contracts.problem import PROBLEM_MEDIA_TYPE, Problem
from openward_servicekit.errors import Failure
from openward_servicekit.origin import origin_of
from openward_servicekit.problems import Rendering

from clinical.api.openehr_words import in_words_of_ehrbase
from clinical.domain.errors import VersionMismatch
from clinical.domain.upstream import Answer

BASES: Final = ("/openehr/v1", "/ehrbase/rest/openehr/v1")
#: Where EHRbase's own addresses begin; what is before that is its host, and nobody's business.
_THEIR_BASES: Final = ("/rest/openehr/v1", "/rest/experimental/tags")
_PLACEHOLDER: Final = " 1970 "
_KEPT: Final = ("content-type", "etag", "preference-applied")
_ADDRESSES: Final = ("location", "content-location")


def base_of(request: Request) -> str:
    """What addresses in the answer begin with: the host that the client asked, and one of BASES."""
    return origin_of(request) + base_path_of(request)


def base_path_of(request: Request) -> str:
    """Of the matched route, not of what the client wrote."""
    path: str = request.scope["route"].path
    return next(base for base in BASES if path.startswith(base))


def passed_headers(headers: Mapping[str, str], base: str) -> dict[str, str]:
    """Those of EHRbase's headers that say something true; where it does not know, it was 1970."""
    passed = {name: headers[name] for name in _KEPT if name in headers} | modified(headers)
    passed |= {name: value for name, value in headers.items() if name.lower().startswith("openehr-")}
    for name in _ADDRESSES:
        if name in headers and (address := _address(headers[name], base)):
            passed[name] = address
    return passed


def modified(headers: Mapping[str, str]) -> dict[str, str]:
    """Last-Modified, unless EHRbase has invented it."""
    told = headers.get("last-modified", "")
    return {"last-modified": told} if told and _PLACEHOLDER not in told else {}


def _address(theirs: str, base: str) -> str | None:
    for their_base in _THEIR_BASES:
        _, found, path = theirs.partition(their_base)
        if found:
            return base + path.replace("/item_tag", "/tags")
    return None


class Passed(StreamingResponse):
    """EHRbase's answer, block by block; whatever ends it, the connection is free again."""

    def __init__(self, answer: Answer, headers: Mapping[str, str], status: int | None = None) -> None:
        super().__init__(answer.chunks, status or answer.status, headers)
        self._close = answer.close

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._close()


async def passed(answer: Answer, headers: Mapping[str, str]) -> Response:
    if answer.status == HTTPStatus.NO_CONTENT:
        await answer.close()
        return Response(status_code=answer.status, headers=headers)
    return Passed(answer, headers)


def worded(failure: Failure, request: Request) -> Failure:
    """The failure as ITS-REST tells it: EHRbase's status and words, and where the current version is."""
    if isinstance(failure, VersionMismatch) and (etag := failure.headers.get("ETag")):
        path = request.scope["route"].path
        ehr = f"{base_of(request)}/ehr/{request.path_params['ehr_id']}"
        resource = path.partition("{ehr_id}/")[2].partition("/")[0]
        failure.headers["Location"] = f"{ehr}/{resource}/{etag.strip(chr(34))}"
    return in_words_of_ehrbase(failure, request)


def _body(problem: Problem) -> bytes:
    """A problem (RFC 9457) that is an error of EHRbase's, too: `error` and `message`."""
    content: dict[str, Any] = json.loads(problem.body())
    reason = HTTPStatus(problem.status).phrase
    words = {"error": reason, "message": problem.detail or problem.title}
    return json.dumps(words | content, ensure_ascii=False).encode()


_SCHEMA: Final = {
    "allOf": [{"$ref": "#/components/schemas/Problem"}],
    "properties": {
        "error": {"type": "string", "description": "the reason phrase of the status"},
        "message": {"type": "string", "description": "what EHRbase said, or `detail`"},
    },
    "required": ["error", "message"],
}
RENDERINGS: Final = tuple(
    Rendering(base, PROBLEM_MEDIA_TYPE, "OpenEhrProblem", _SCHEMA, _body) for base in BASES
)
