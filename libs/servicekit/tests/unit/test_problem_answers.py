"""Every error answer is a problem (RFC 9457) that says what is known and nothing more."""

from typing import Annotated

import asyncpg
import pytest
from fastapi import APIRouter, Depends, Query
from openward_contracts.problem import Problem
from openward_servicekit import problems
from openward_servicekit.errors import (
    Category,
    Conflict,
    Failure,
    FieldError,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from openward_servicekit.routing import api_router, public
from openward_testkit.asgi import asgi_client
from openward_testkit.service import service_app
from pydantic import BaseModel
from structlog.testing import capture_logs

CANARY = "Xylophonia"


class ThingMissing(NotFound):
    slug = "thing-missing"


class Name(BaseModel):
    family: str


class Thing(BaseModel):
    names: list[Name]


def raising(error: Exception) -> APIRouter:
    router = api_router("/api/things/v1", tags=["things"])

    @router.get("/thing", dependencies=[Depends(public)])
    async def fail() -> None:
        raise error

    @router.post("/things", dependencies=[Depends(public)])
    async def make(thing: Thing, limit: Annotated[int, Query(le=10)] = 1) -> int:
        return len(thing.names) + limit

    return router


async def answer_to(error: Exception) -> tuple[Problem, dict[str, str]]:
    async with asgi_client(service_app(raising(error))) as client:
        answer = await client.get("/api/things/v1/thing")
    assert answer.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate_json(answer.content)
    assert problem.status == answer.status_code
    assert problem.request_id == answer.headers["x-request-id"]
    return problem, dict(answer.headers)


async def test_a_problem_has_the_extension_members_of_its_failure() -> None:
    problem, _ = await answer_to(ThingMissing(extensions={"things": [{"id": 7}]}))

    assert problem.model_extra == {"things": [{"id": 7}]}


async def test_a_failure_is_told_by_its_slug() -> None:
    problem, _ = await answer_to(ThingMissing("There is no thing 7."))

    assert (problem.status, problem.code, problem.type, problem.title, problem.detail) == (
        404,
        "thing-missing",
        "urn:openward:problem:thing-missing",
        "Thing missing",
        "There is no thing 7.",
    )


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ConnectionRefusedError(), 503, "upstream-unavailable"),
        (asyncpg.CannotConnectNowError(CANARY), 503, "upstream-unavailable"),
        (asyncpg.ConnectionDoesNotExistError(CANARY), 504, "upstream-connection-lost"),
        (asyncpg.AdminShutdownError(CANARY), 504, "upstream-connection-lost"),
        (asyncpg.InterfaceError(CANARY), 504, "upstream-connection-lost"),
        (asyncpg.QueryCanceledError(CANARY), 503, "database-overloaded"),
        (asyncpg.DiskFullError(CANARY), 503, "database-overloaded"),
        (asyncpg.TooManyConnectionsError(CANARY), 503, "upstream-unavailable"),
        (asyncpg.ReadOnlySQLTransactionError(CANARY), 503, "database-overloaded"),
        (asyncpg.CharacterNotInRepertoireError(CANARY), 400, "malformed-request"),
        (asyncpg.UniqueViolationError(CANARY), 500, "internal-error"),
    ],
)
async def test_what_a_database_says_becomes_a_problem(error: Exception, status: int, code: str) -> None:
    problem, _ = await answer_to(error)

    assert (problem.status, problem.code) == (status, code)
    assert CANARY not in problem.model_dump_json()


async def test_an_instance_is_the_request_and_never_the_path() -> None:
    problem, _ = await answer_to(ThingMissing())

    assert problem.instance == f"urn:uuid:{problem.request_id}"


async def test_wrong_fields_are_told() -> None:
    found = (
        FieldError("too-late", "not after today", "/birth_date"),
        FieldError("unknown", "no such", path="a/b"),
    )

    problem, _ = await answer_to(Invalid(errors=found))

    assert [(e.pointer, e.path, e.code, e.detail) for e in problem.errors] == [
        ("/birth_date", None, "too-late", "not after today"),
        (None, "a/b", "unknown", "no such"),
    ]


@pytest.mark.parametrize(
    ("failure", "header", "value"),
    [
        (Unavailable(), "retry-after", "1"),
        (Unavailable(retry_after=2.2), "retry-after", "3"),
        (TooManyRequests(retry_after=60), "retry-after", "60"),
        (Unauthenticated(), "www-authenticate", "Bearer"),
        (
            Unauthenticated(headers={"WWW-Authenticate": "Bearer error=x"}),
            "www-authenticate",
            "Bearer error=x",
        ),
        (Conflict(headers={"ETag": '"1"'}), "etag", '"1"'),
    ],
)
async def test_a_failures_headers_go_with_it(failure: Failure, header: str, value: str) -> None:
    _, headers = await answer_to(failure)

    assert headers[header] == value


def test_every_category_has_a_status() -> None:
    assert set(problems.STATUS) == set(Category)


async def test_the_slug_is_in_the_access_log_and_the_detail_is_not() -> None:
    with capture_logs() as logs:
        await answer_to(ThingMissing(CANARY))

    assert logs[-1]["problem"] == "thing-missing"
    assert CANARY not in str(logs)


async def test_an_unexpected_error_tells_only_the_request_id() -> None:
    problem, _ = await answer_to(KeyError(CANARY))

    assert (problem.status, problem.code, problem.detail) == (500, "internal-error", None)


async def test_a_faulty_answer_of_ours_is_a_500_without_its_content() -> None:
    router = api_router("/api/things/v1", tags=["things"])

    @router.get("/thing", dependencies=[Depends(public)])
    async def lie() -> Name:
        return {"family": {"nested": CANARY}}  # type: ignore[return-value]

    async with asgi_client(service_app(router)) as client:
        answer = await client.get("/api/things/v1/thing")

    assert answer.status_code == 500
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "not-found"), ("DELETE", "/api/things/v1/things", 405, "method-not-allowed")],
)
async def test_the_frameworks_own_refusals_are_problems(
    method: str, path: str, status: int, code: str
) -> None:
    async with asgi_client(service_app(raising(Failure()))) as client:
        answer = await client.request(method, path)

    problem = Problem.model_validate_json(answer.content)
    assert (answer.status_code, problem.code) == (status, code)
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)


async def test_an_invalid_body_is_told_field_by_field_without_its_values() -> None:
    async with asgi_client(service_app(raising(Failure()))) as client:
        answer = await client.post("/api/things/v1/things", json={"names": [{"family": [CANARY]}]})

    problem = Problem.model_validate_json(answer.content)
    assert (problem.status, problem.code) == (422, "invalid-request")
    assert [(e.pointer, e.code) for e in problem.errors] == [("/names/0/family", "string-type")]
    assert CANARY not in answer.text


async def test_an_invalid_parameter_is_told_by_its_name() -> None:
    async with asgi_client(service_app(raising(Failure()))) as client:
        answer = await client.post("/api/things/v1/things", params={"limit": CANARY}, json={"names": []})

    problem = Problem.model_validate_json(answer.content)
    assert [(e.path, e.pointer, e.code) for e in problem.errors] == [("limit", None, "int-parsing")]
    assert CANARY not in answer.text
