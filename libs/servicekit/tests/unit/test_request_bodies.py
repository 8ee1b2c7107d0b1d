"""What a route is willing to read, and from whom."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, Request
from openward_contracts.problem import Problem
from openward_servicekit.auth.authorizer import require
from openward_servicekit.auth.permissions import Permission
from openward_servicekit.auth.principal import Principal, Role
from openward_servicekit.body import LARGE, BodiesTooMany, LargeBodies
from openward_servicekit.http import Response
from openward_servicekit.routing import api_router, public
from openward_testkit.asgi import asgi_client
from openward_testkit.service import service_app
from pydantic import BaseModel

WRITE = Permission("patient.create", frozenset({Role.CLINICIAN}), "fhir", "c", "Patient")
BEARER = {"Authorization": "Bearer ada"}
JSON = {"Content-Type": "application/json"}
LIMIT = 1000


class Thing(BaseModel):
    name: str


class Upload:
    """A body in chunks that knows whether anybody read it."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            self.read += 1
            yield chunk


def things() -> APIRouter:
    router = api_router("/api/things/v1", tags=["things"])

    @router.post("/things")
    async def make(thing: Thing, _caller: Annotated[Principal, Depends(require(WRITE))]) -> str:
        return thing.name

    @router.put("/file")
    async def store(request: Request, _caller: Annotated[Principal, Depends(require(WRITE))]) -> int:
        return len(await request.body())

    @router.post("/anything", dependencies=[Depends(public)])
    async def take(body: dict[str, Any]) -> int:
        return len(body)

    return router


async def send(method: str, path: str, **request: Any) -> Response:
    async with asgi_client(service_app(things(), max_body_bytes=LIMIT)) as client:
        return await client.request(method, f"/api/things/v1{path}", **request)


def problem_of(answer: Response) -> str:
    return Problem.model_validate_json(answer.content).code


@pytest.mark.parametrize(
    "body",
    [b"x" * 100 * LIMIT, b'{"name": NaN', b"[" * 100_000, b"\xff\xfe", b"a=b"],
    ids=["huge", "malformed", "deep", "not text", "a form"],
)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}])
@pytest.mark.parametrize("path", ["/things", "/file"])
async def test_without_a_token_no_body_is_read(path: str, headers: dict[str, str], body: bytes) -> None:
    upload = Upload(body, body)
    method = "POST" if path == "/things" else "PUT"

    answer = await send(method, path, headers={**headers, **JSON}, content=upload)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert upload.read == 0


async def test_two_authorization_headers_are_none() -> None:
    headers = [("Authorization", "Bearer ada"), ("Authorization", "Bearer eve"), *JSON.items()]

    assert (await send("POST", "/things", headers=headers, content=b'{"name": "a"}')).status_code == 401


@pytest.mark.parametrize(("method", "path"), [("POST", "/things"), ("PUT", "/file")])
async def test_a_body_that_is_announced_too_large_is_not_read(method: str, path: str) -> None:
    upload = Upload(b"x")
    headers = {**BEARER, **JSON, "Content-Length": str(LIMIT + 1)}

    answer = await send(method, path, headers=headers, content=upload)

    assert (answer.status_code, problem_of(answer)) == (413, "body-too-large")
    assert upload.read == 0


@pytest.mark.parametrize(("method", "path"), [("POST", "/things"), ("PUT", "/file")])
async def test_a_body_that_grows_too_large_is_not_read_to_its_end(method: str, path: str) -> None:
    upload = Upload(*[b"x" * (LIMIT // 2)] * 100)

    answer = await send(method, path, headers={**BEARER, **JSON}, content=upload)

    assert (answer.status_code, problem_of(answer)) == (413, "body-too-large")
    assert upload.read < 10


async def test_a_body_of_exactly_the_limit_is_read() -> None:
    answer = await send("PUT", "/file", headers=BEARER, content=b"x" * LIMIT)

    assert answer.json() == LIMIT


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a":' * 100 + b"[" * 500,
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b"{",
        b'{"a": ' + b"1" * 900 + b"e9}",
    ],
)
async def test_json_that_two_parsers_could_read_differently_is_refused(body: bytes) -> None:
    answer = await send("POST", "/anything", headers=JSON, content=body)

    assert (answer.status_code, problem_of(answer)) == (400, "malformed-json")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
async def test_a_body_that_does_not_say_it_is_json_is_refused(media_type: str) -> None:
    answer = await send("POST", "/anything", headers={"Content-Type": media_type}, content=b'{"a": 1}')

    assert (answer.status_code, problem_of(answer)) == (415, "json-expected")


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
)
async def test_all_kinds_of_json_are_read(media_type: str) -> None:
    answer = await send("POST", "/anything", headers={"Content-Type": media_type}, content=b'{"a": 1}')

    assert answer.json() == 1


async def test_a_missing_body_is_told_as_such() -> None:
    answer = await send("POST", "/anything")

    assert answer.status_code == 422
    assert Problem.model_validate_json(answer.content).errors[0].code == "missing"


@pytest.mark.parametrize(("method", "path"), [("POST", "/things"), ("PUT", "/file")])
async def test_a_compressed_body_is_refused_unread(method: str, path: str) -> None:
    upload = Upload(b"\x1f\x8b")

    answer = await send(method, path, headers={**BEARER, **JSON, "Content-Encoding": "gzip"}, content=upload)

    assert (answer.status_code, problem_of(answer)) == (415, "compressed-body")
    assert answer.headers["accept-encoding"] == "identity"
    assert upload.read == 0


@pytest.mark.parametrize("chunks", [(b'\xef\xbb\xbf{"a":1}',), (b"\xef", b'\xbb\xbf{"a":1}')])
async def test_the_byte_order_mark_that_some_libraries_send_is_no_part_of_the_body(
    chunks: tuple[bytes, ...],
) -> None:
    as_json = await send("POST", "/anything", headers=JSON, content=Upload(*chunks))
    as_it_came = await send("PUT", "/file", headers=BEARER, content=Upload(*chunks))

    assert (as_json.json(), as_it_came.json()) == (1, 7)


async def test_an_unreadable_content_length_does_no_harm() -> None:
    answer = await send("PUT", "/file", headers={**BEARER, "Content-Length": "many"}, content=Upload(b"x"))

    assert answer.json() == 1


async def test_large_bodies_are_let_in_as_they_came_while_there_is_room() -> None:
    bodies, order = LargeBodies(40, patience=5), []

    async def send_one(size: int) -> None:
        await bodies.admit(size)
        order.append(size)

    waiting = []
    for size in (20, 15, 30, 1):
        waiting.append(asyncio.create_task(send_one(size)))
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    inside = list(order)
    for size in (20, 15):
        bodies.release(size)
    await asyncio.gather(*waiting)

    assert (inside, order) == ([20, 15], [20, 15, 30, 1])


async def test_who_waits_for_too_long_is_told_to_come_again_and_keeps_no_room() -> None:
    bodies = LargeBodies(40, patience=0.01)
    await bodies.admit(30)

    with pytest.raises(BodiesTooMany) as refused:
        await bodies.admit(20)
    bodies.release(30)
    await bodies.admit(40)

    assert refused.value.retry_after


async def test_who_goes_away_while_waiting_keeps_no_room() -> None:
    bodies = LargeBodies(40, patience=5)
    await bodies.admit(30)
    gone = [asyncio.create_task(bodies.admit(20)) for _ in range(2)]
    await asyncio.sleep(0)
    gone[0].cancel()
    bodies.release(30)
    gone[1].cancel()
    await asyncio.gather(*gone, return_exceptions=True)

    await bodies.admit(40)


@pytest.mark.parametrize("announced", [True, False])
async def test_a_large_body_has_its_room_until_it_is_answered(announced: bool) -> None:  # noqa: FBT001  pytest gives it
    size = LARGE + 1
    app = service_app(things(), max_body_bytes=size)
    bodies = app.state.large_bodies
    content = b"x" * size if announced else Upload(*[b"x" * (size // 4 + 1)] * 3)
    async with asgi_client(app) as client:
        answers = [await client.put("/api/things/v1/file", headers=BEARER, content=content) for _ in range(4)]

    assert {answer.status_code for answer in answers} == {200}
    await asyncio.wait_for(bodies.admit(2 * size), 10)
