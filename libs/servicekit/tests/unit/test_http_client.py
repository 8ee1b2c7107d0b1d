"""What a client sends, and what it makes of the answers; `test_http_wire` has the real connections."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openward_servicekit.errors import Category, Failure, UpstreamBroken, UpstreamTimeout
from openward_servicekit.http import (
    AsyncBaseTransport,
    AsyncClient,
    BasicAuth,
    ConnectionLost,
    Request,
    Response,
    UnsafeSegment,
    UpstreamUnavailable,
    make_client,
    quote_segment,
    upstream_errors,
)

BASE = "http://ehrbase.test:8080/ehrbase/rest"


class Neighbour(AsyncBaseTransport):
    """Answers with these, one after the other, and keeps what it was sent."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    async def handle_async_request(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Endless(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000


def client_of(neighbour: Neighbour, *, retries: int = 1) -> AsyncClient:
    auth = BasicAuth("svc", "secret")
    return make_client(BASE, transport=neighbour, auth=auth, retries=retries, max_response_bytes=10_000)


async def sent_path(path: str) -> str:
    neighbour = Neighbour(Response(200))
    async with client_of(neighbour) as client:
        await client.get(path)
    return neighbour.requests[0].url.raw_path.decode()


async def test_paths_are_below_the_base() -> None:
    assert await sent_path("openehr/v1/ehr") == "/ehrbase/rest/openehr/v1/ehr"
    assert await sent_path("/openehr/v1/ehr") == "/ehrbase/rest/openehr/v1/ehr"
    assert await sent_path("//evil.test/x") == "/ehrbase/rest/x"


@pytest.mark.parametrize(
    "path",
    [
        "http://evil.test/ehrbase/rest/x",
        "http://ehrbase.test.evil.test:8080/ehrbase/rest/x",
        "http://ehrbase.test:8080@evil.test/ehrbase/rest/x",
        "http://user:pw@ehrbase.test:8080/ehrbase/rest/x",
        "https://ehrbase.test:8080/ehrbase/rest/x",
        "http://ehrbase.test:9090/ehrbase/rest/x",
        "http://ehrbase.test:8080/ehrbase/restricted",
        "../../manage/env",
        "ehr/../../../manage/env",
        "ehr/%2e%2e/%2e%2e/%2E./manage/env",
        "ehr/./x/%2e",
    ],
)
async def test_nothing_is_sent_outside_the_base(path: str) -> None:
    neighbour = Neighbour(Response(200))

    async with client_of(neighbour) as client:
        with pytest.raises(ValueError, match="outside"):
            await client.get(path)

    assert neighbour.requests == []


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_segment_that_would_climb_is_refused(value: str) -> None:
    with pytest.raises(UnsafeSegment) as refused:
        quote_segment(value)

    assert refused.value.category is Category.MALFORMED


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda s: s not in {".", ".."}))
async def test_a_quoted_segment_arrives_as_that_one_segment(value: str) -> None:
    path = await sent_path(f"ehr/{quote_segment(value)}/x")

    *before, arrived, after = path.split("/")
    assert (before, after) == (["", "ehrbase", "rest", "ehr"], "x")
    assert unquote(arrived) == value


async def test_redirects_are_not_followed() -> None:
    neighbour = Neighbour(Response(302, headers={"Location": "http://evil.test/"}))

    async with client_of(neighbour) as client:
        answer = await client.get("x")

    assert answer.status_code == 302
    assert len(neighbour.requests) == 1


async def test_cookies_are_not_kept_for_the_next_caller() -> None:
    neighbour = Neighbour(Response(200, headers={"Set-Cookie": "JSESSIONID=ada"}), Response(200))

    async with client_of(neighbour) as client:
        await client.get("x")
        await client.get("x")

    assert "cookie" not in neighbour.requests[1].headers


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://evil.test:3128")
    monkeypatch.setenv("ALL_PROXY", "http://evil.test:3128")

    assert await sent_path("x") == "/ehrbase/rest/x"


async def test_a_compressed_answer_is_refused_before_it_is_unpacked() -> None:
    bomb = Response(200, headers={"Content-Encoding": "gzip"}, stream=Endless())

    async with client_of(Neighbour(bomb)) as client:
        with pytest.raises(UpstreamBroken):
            await client.get("x")


async def test_an_endless_answer_is_cut() -> None:
    async with client_of(Neighbour(Response(200, stream=Endless()))) as client:
        with pytest.raises(UpstreamBroken):
            await client.get("x")


async def attempts(method: str, *answers: Response | Exception, retries: int = 1) -> int:
    neighbour = Neighbour(*answers, *[Response(200)] * 5)
    async with client_of(neighbour, retries=retries) as client:
        try:
            await client.request(method, "x")
        except httpx.HTTPError:
            return -len(neighbour.requests)
    return len(neighbour.requests)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_what_was_never_sent_is_sent_again(method: str) -> None:
    assert await attempts(method, httpx.ConnectError("refused")) == 2


@pytest.mark.parametrize(
    ("method", "count"), [("GET", 2), ("HEAD", 2), ("POST", -1), ("PUT", -1), ("DELETE", -1)]
)
async def test_what_may_have_been_done_is_repeated_only_if_it_is_safe(method: str, count: int) -> None:
    assert await attempts(method, httpx.ReadError("reset")) == count


@pytest.mark.parametrize("answer", [Response(503), httpx.ReadTimeout("slow"), httpx.ConnectTimeout("slow")])
async def test_answers_and_timeouts_are_not_repeated(answer: Response | Exception) -> None:
    assert abs(await attempts("GET", answer)) == 1


async def test_the_last_attempt_counts() -> None:
    refused: Sequence[Exception] = [httpx.ConnectError("refused") for _ in range(5)]

    assert await attempts("GET", *refused, retries=2) == -3


@pytest.mark.parametrize(
    ("error", "failure", "category"),
    [
        (httpx.ConnectError("canary"), UpstreamUnavailable, Category.UNAVAILABLE),
        (httpx.ConnectTimeout("canary"), UpstreamUnavailable, Category.UNAVAILABLE),
        (httpx.PoolTimeout("canary"), UpstreamUnavailable, Category.UNAVAILABLE),
        (httpx.ReadTimeout("canary"), UpstreamTimeout, Category.TIMEOUT),
        (httpx.ReadError("canary"), ConnectionLost, Category.TIMEOUT),
        (httpx.RemoteProtocolError("canary"), UpstreamBroken, Category.BAD_UPSTREAM),
        (httpx.DecodingError("canary"), UpstreamBroken, Category.BAD_UPSTREAM),
    ],
)
async def test_an_upstream_error_tells_whether_something_was_done(
    error: Exception, failure: type[Failure], category: Category
) -> None:
    with pytest.raises(failure) as raised:
        async with upstream_errors("ehrbase"):
            raise error

    assert raised.value.category is category
    assert "ehrbase" in str(raised.value)
    assert "canary" not in str(raised.value)
    assert (raised.value.retry_after is not None) == (category is Category.UNAVAILABLE)


async def test_a_block_has_a_deadline_of_its_own() -> None:
    with pytest.raises(UpstreamTimeout):
        async with upstream_errors("ehrbase", within=0.01):
            await asyncio.Event().wait()


async def test_failures_pass_through_untouched() -> None:
    failure = UpstreamBroken("as it was")

    with pytest.raises(UpstreamBroken) as raised:
        async with upstream_errors("ehrbase"):
            raise failure

    assert raised.value is failure
