"""The load generator against a server that answers byte by byte what it is told to."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bench.clinical_load import Outcome, Pace, Sent, load, program

Answering = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
GET = Sent("GET", "/", {"Accept": "*/*"})
NO_ERRORS = {"connect": 0, "closed": 0, "malformed": 0, "timeout": 0}


@asynccontextmanager
async def server(answer: Answering) -> AsyncIterator[str]:
    """Calls `answer` with each request (head and body), until that closes the connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await answer(head + await reader.readexactly(int(length or 0)), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**24)
    async with running:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"


def always(*pieces: bytes, then_close: bool = False) -> Answering:
    """The answer in these pieces, each on its way before the next is written."""

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.002 if len(pieces) > 1 else 0)
        if then_close:
            writer.close()

    return answer


async def outcome_of(answer: Answering, *requests: Sent, count: int = 20, connections: int = 4) -> Outcome:
    async with server(answer) as url:
        return await load(url, requests or (GET,), Pace(connections, count=count))


async def test_every_answer_is_counted_with_its_latency() -> None:
    outcome = await outcome_of(always(OK), count=1000)

    assert (outcome.begun, outcome.statuses, outcome.errors) == (1000, {200: 1000}, NO_ERRORS)
    assert 0 < outcome.latency_ms["p50"] <= outcome.latency_ms["p99"] <= outcome.latency_ms["max"]


async def test_requests_are_sent_as_given_and_in_turn() -> None:
    seen = []

    async def note(request: bytes, writer: asyncio.StreamWriter) -> None:
        seen.append(request)
        writer.write(OK)

    put = Sent("PUT", "/b?c=1", {"If-Match": '"x"'}, b"body\r\n\r\n")
    await outcome_of(note, GET, put, count=5, connections=1)

    assert [request.split(b" ")[0] for request in seen] == [b"GET", b"PUT", b"GET", b"PUT", b"GET"]
    head, _, body = seen[1].partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /b?c=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b'\r\nIf-Match: "x"\r\nContent-Length: 8' in head
    assert body == b"body\r\n\r\n"


CHUNKED = (
    b"HTTP/1.1 201 Created\r\ntransfer-encoding: Chunked\r\n\r\n"
    b"5\r\nhello\r\nA;name=value\r\n0123456789\r\n0\r\nTrailer: yes\r\n\r\n"
)
WHOLE = [
    pytest.param(OK, 200, id="length"),
    pytest.param(CHUNKED, 201, id="chunked with an extension and a trailer"),
    pytest.param(b"HTTP/1.1 204 No Content\r\nETag: x\r\n\r\n", 204, id="no body"),
    pytest.param(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, id="length of no body"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, id="empty body"),
    pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, id="provisional answer first"),
    pytest.param(OK.replace(b"\r\n", b"\n"), 200, id="bare line feeds"),
    pytest.param(b"HTTP/1.1 503 Away\r\nContent-Length: 2\r\n\r\nno", 503, id="refusal"),
]


@pytest.mark.parametrize(("answer", "status"), WHOLE)
async def test_an_answer_ends_where_it_says(answer: bytes, status: int) -> None:
    outcome = await outcome_of(always(answer))

    assert (outcome.statuses, outcome.errors) == ({status: 20}, NO_ERRORS)


@pytest.mark.parametrize(("answer", "status"), WHOLE)
async def test_an_answer_may_come_byte_by_byte(answer: bytes, status: int) -> None:
    pieces = [answer[i : i + 1] for i in range(len(answer))]

    outcome = await outcome_of(always(*pieces), count=4)

    assert (outcome.statuses, outcome.errors) == ({status: 4}, NO_ERRORS)


@pytest.mark.parametrize("cut", [0, 10, 30, len(OK) - 1])
async def test_an_answer_cut_short_is_an_error(cut: int) -> None:
    outcome = await outcome_of(always(OK[:cut], then_close=True))

    assert (outcome.statuses, outcome.errors) == ({}, {**NO_ERRORS, "closed": 20})
    assert (outcome.succeeded, outcome.failed, outcome.per_second) == (0, 20, 0)


async def test_a_chunked_answer_cut_short_is_an_error() -> None:
    outcome = await outcome_of(always(CHUNKED[:-2], then_close=True))

    assert outcome.errors == {**NO_ERRORS, "closed": 20}


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 9 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nends with the connection",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloworld\r\n0\r\n\r\n",
        OK + b"more than it said",
    ],
)
async def test_what_is_no_http_is_an_error(answer: bytes) -> None:
    outcome = await outcome_of(always(answer))

    assert (outcome.statuses, outcome.errors) == ({}, {**NO_ERRORS, "malformed": 20})


async def test_a_connection_that_the_server_closes_after_an_answer_is_opened_again() -> None:
    goodbye = OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")

    outcome = await outcome_of(always(goodbye, then_close=True))

    assert (outcome.statuses, outcome.errors) == ({200: 20}, NO_ERRORS)


async def test_a_server_that_is_not_there_refuses_every_request() -> None:
    async with server(always(OK)) as url:
        pass

    outcome = await load(url, (GET,), Pace(2, count=6))

    assert outcome.errors == {**NO_ERRORS, "connect": 6}


async def test_a_request_without_answer_is_given_up(tmp_path: Path) -> None:
    requests = tmp_path / "requests"
    raw = GET.raw("here")
    requests.write_bytes(b"%d\n" % len(raw) + raw)
    async with server(always()) as url:
        port = url.rpartition(":")[2]
        said = await run("--port", port, "--requests", str(requests), "--count", "1", "--timeout", "0.2")

    assert Outcome.read(said).errors == {**NO_ERRORS, "timeout": 1}


async def test_bodies_larger_than_a_socket_takes_go_both_ways() -> None:
    size = 5_000_000
    big = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
    lengths = []

    async def note(request: bytes, writer: asyncio.StreamWriter) -> None:
        lengths.append(len(request.partition(b"\r\n\r\n")[2]))
        await always(big)(request, writer)

    outcome = await outcome_of(note, Sent("POST", "/", {}, b"y" * size), count=6, connections=2)

    assert (outcome.statuses, outcome.errors) == ({200: 6}, NO_ERRORS)
    assert lengths == [size] * 6


async def test_latency_is_what_the_server_took() -> None:
    async def slow(_request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(OK)

    outcome = await outcome_of(slow, count=20, connections=10)

    assert 50 <= outcome.latency_ms["p50"] < 80
    assert 0.1 <= outcome.seconds < 0.2


async def test_a_rate_is_kept() -> None:
    async with server(always(OK)) as url:
        outcome = await load(url, (GET,), Pace(4, seconds=1, rate=100))

    assert 95 <= outcome.begun <= 101
    assert outcome.succeeded == outcome.begun


async def run(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        str(program()), *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    said, complaint = await process.communicate()
    return (said if process.returncode == 0 else complaint).decode()


@pytest.mark.parametrize(
    ("content", "arguments", "complaint"),
    [
        (b"", ["--count", "1"], "no requests"),
        (b"99\nGET / HTTP/1.1\r\n\r\n", ["--count", "1"], "request 0 is cut off"),
        (b"4\nGET x", ["--count", "1"], "no requests, or something else between them"),
        (b"4\nGET ", [], "either --seconds or --count"),
        (b"4\nGET ", ["--count", "-1"], "--count: a positive number"),
    ],
)
async def test_what_it_cannot_do_it_says(
    tmp_path: Path, content: bytes, arguments: Sequence[str], complaint: str
) -> None:
    requests = tmp_path / "requests"
    requests.write_bytes(content)

    assert complaint in await run("--port", "1", "--requests", str(requests), *arguments)
