"""The one place where failures become HTTP: category to status, and an RFC 9457 problem as the body."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from openward_contracts.problem import PROBLEM_MEDIA_TYPE, FieldProblem, Problem, problem_type
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from openward_servicekit.context import current_request_id
from openward_servicekit.database import AWAY, UNSTORABLE, away
from openward_servicekit.errors import Category, Failure, FieldError, Invalid, Malformed
from openward_servicekit.validation import field_errors

log = structlog.get_logger(__name__)

STATUS: Final[Mapping[Category, int]] = {
    Category.MALFORMED: 400,
    Category.UNAUTHENTICATED: 401,
    Category.FORBIDDEN: 403,
    Category.NOT_FOUND: 404,
    Category.METHOD_NOT_ALLOWED: 405,
    Category.NOT_ACCEPTABLE: 406,
    Category.CONFLICT: 409,
    Category.PRECONDITION_FAILED: 412,
    Category.TOO_LARGE: 413,
    Category.UNSUPPORTED: 415,
    Category.INVALID: 422,
    Category.PRECONDITION_REQUIRED: 428,
    Category.TOO_MANY_REQUESTS: 429,
    Category.INTERNAL: 500,
    Category.BAD_UPSTREAM: 502,
    Category.UNAVAILABLE: 503,
    Category.TIMEOUT: 504,
}

_ALWAYS: Final[Mapping[Category, Mapping[str, str]]] = {
    Category.UNAUTHENTICATED: {"WWW-Authenticate": "Bearer"},  # RFC 9110, section 15.5.2: never without
    Category.UNAVAILABLE: {"Retry-After": "1"},
}


@dataclass(frozen=True, slots=True)
class Rendering:
    """How errors look under the path `prefix`, where a standard has a shape of its own for them.

    `name` and `schema` (JSON Schema) describe it in the OpenAPI document.
    """

    prefix: str
    media_type: str
    name: str
    schema: Mapping[str, Any]
    body: Callable[[Problem], bytes]

    def covers(self, path: str) -> bool:
        return path == self.prefix or path.startswith(f"{self.prefix}/")


def install(app: FastAPI, renderings: Sequence[Rendering] = ()) -> None:
    """From now on every error answer of `app` is a problem; the unexpected is the middleware's to catch.

    Where one of `renderings` covers the path, it is written in that shape.
    """
    app.state.renderings = tuple(renderings)
    app.add_exception_handler(Failure, _on_failure)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    for kind in AWAY:
        app.add_exception_handler(kind, _on_database_away)
    app.add_exception_handler(UNSTORABLE, _on_unstorable)


def problem_response(request: Request, failure: Failure) -> Response:
    """`failure` as an answer; the access log will name its slug."""
    headers = {**_ALWAYS.get(failure.category, {}), **failure.headers}
    if failure.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(failure.retry_after))
    problem = _problem(STATUS[failure.category], failure.slug, failure)
    return _answer(request, problem, headers)


def internal_error(request: Request) -> Response:
    """What the client learns of an unexpected error: that it happened, and the id to ask about it."""
    return problem_response(request, Failure())


async def _on_failure(request: Request, error: Exception) -> Response:
    assert isinstance(error, Failure)  # noqa: S101  registered for it
    return problem_response(request, error)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for it
    return problem_response(request, Invalid(errors=field_errors(error.errors())))


async def _on_database_away(request: Request, error: Exception) -> Response:
    """Here and not in each adapter: a database that restarts is no bug, wherever it was missed."""
    log.warning("database away", exc_info=error)
    return problem_response(request, away(error))


async def _on_unstorable(request: Request, _: Exception) -> Response:
    """Names and values are checked where they come in; this is for the one that was missed."""
    return problem_response(request, Malformed("A text has a character that cannot be stored."))


async def _on_http(request: Request, error: Exception) -> Response:
    """Starlette's own refusals: no route, no such method. FastAPI wraps what goes wrong in reading a body."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for it
    if isinstance(error.__cause__, Failure):
        return problem_response(request, error.__cause__)
    if isinstance(error.__cause__, ClientDisconnect):
        raise error.__cause__
    slug = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return _answer(request, _problem(error.status_code, slug, Failure()), error.headers or {})


def _problem(status: int, slug: str, failure: Failure) -> Problem:
    request_id = current_request_id()
    return Problem(
        type=problem_type(slug),
        title=slug.replace("-", " ").capitalize(),
        status=status,
        detail=failure.detail,
        instance=f"urn:uuid:{request_id}" if request_id else None,  # the path would hold ids, or worse
        code=slug,
        errors=tuple(_field_problem(error) for error in failure.errors),
        request_id=request_id,
        **failure.extensions,
    )


def rendering_of(app: Any, path: str) -> Rendering | None:
    """The shape that errors have there; None for problem details."""
    return next((each for each in app.state.renderings if each.covers(path)), None)


def _answer(request: Request, problem: Problem, headers: Mapping[str, str]) -> Response:
    request.state.problem = problem.code
    rendering = rendering_of(request.app, request.scope["path"])
    if rendering is not None:
        return Response(rendering.body(problem), problem.status, {**headers}, rendering.media_type)
    return Response(problem.body(), problem.status, {**headers}, PROBLEM_MEDIA_TYPE)


def _field_problem(error: FieldError) -> FieldProblem:
    pointer = "" if error.pointer is None and error.path is None else error.pointer
    return FieldProblem(pointer=pointer, path=error.path, code=error.code, detail=error.detail)
