"""The transport on real connections: above all, whether something was sent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from openward_servicekit.errors import Failure, UpstreamBroken, UpstreamTimeout
from openward_servicekit.http import (
    AsyncClient,
    ConnectionLost,
    Limits,
    Timeout,
    UpstreamUnavailable,
    make_client,
    upstream_errors,
)
from openward_servicekit.http_parts import content_of
from openward_servicekit.ports import free_port

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
QUICK = Timeout(10, read=0.5)
PATIENT = Timeout(10)


class Server:
    """Takes connections, counts requests and keeps their heads; `answer` does the rest."""

    def __init__(self, answer: Answer) -> None:
        self.heads: list[bytes] = []
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                await self._answer(reader, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def neighbour(answer: Answer, patience: Timeout = PATIENT) -> AsyncIterator[tuple[Server, AsyncClient]]:
    server = Server(answer)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, make_client(f"http://127.0.0.1:{port}/base", timeout=patience) as client:
        yield server, client


def sends(*parts: bytes) -> Answer:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)

    return answer


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def stay_silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def failure_of(client: AsyncClient, method: str, *, within: float | None = None) -> Failure:
    with pytest.raises(Failure) as raised:
        async with upstream_errors("neighbour", within=within):
            await client.request(method, "x")
    return raised.value


async def test_an_answer_arrives_and_its_connection_is_used_again() -> None:
    async with neighbour(sends(OK, b"\r\nhi")) as (server, client):
        assert (await client.get("x")).text == "hi"
        assert (await client.get("y")).text == "hi"

    assert [head.partition(b" HTTP")[0] for head in server.heads] == [b"GET /base/x", b"GET /base/y"]


async def test_what_was_escaped_arrives_escaped() -> None:
    async with neighbour(sends(OK, b"\r\nhi")) as (server, client):
        await client.get("ehr/a%2Fb%20c%3A%3Ad%25", params={"q": "a+b&c=d e%2F"})

    assert server.heads[0].startswith(
        b"GET /base/ehr/a%2Fb%20c%3A%3Ad%25?q=a%2Bb%26c%3Dd+e%252F HTTP/1.1\r\n"
    )


async def test_no_cookie_goes_from_one_answer_to_the_next_request() -> None:
    async with neighbour(sends(OK, b"Set-Cookie: JSESSIONID=ada; Path=/\r\n\r\nhi")) as (server, client):
        await client.get("x")
        await client.get("x")

    assert b"cookie" not in server.heads[1].lower()


async def test_a_closed_port_is_unavailable() -> None:
    async with make_client(f"http://127.0.0.1:{free_port()}/", timeout=PATIENT) as client:
        assert isinstance(await failure_of(client, "POST"), UpstreamUnavailable)


@pytest.mark.parametrize(("method", "count"), [("GET", 2), ("POST", 1), ("PUT", 1), ("DELETE", 1)])
async def test_a_request_whose_connection_breaks_has_an_unknown_outcome(method: str, count: int) -> None:
    async with neighbour(hang_up) as (server, client):
        assert isinstance(await failure_of(client, method), ConnectionLost)

    assert len(server.heads) == count


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_write_on_a_used_connection_that_breaks_is_not_repeated(method: str) -> None:
    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (sends(OK, b"\r\nhi") if len(server.heads) == 1 else hang_up)(reader, writer)

    async with neighbour(answer_once) as (server, client):
        await client.get("x")
        assert isinstance(await failure_of(client, method), ConnectionLost)

    assert len(server.heads) == 2


async def test_silence_is_a_timeout_with_an_unknown_outcome() -> None:
    async with neighbour(stay_silent, QUICK) as (server, client):
        failure = await failure_of(client, "GET")

    assert type(failure) is UpstreamTimeout
    assert len(server.heads) == 1


async def test_an_answer_that_drips_is_cut_by_the_deadline() -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with neighbour(drip) as (_, client):
        assert type(await failure_of(client, "GET", within=0.4)) is UpstreamTimeout


async def test_an_answer_that_ends_too_early_is_a_lost_connection() -> None:
    async def half(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    async with neighbour(half) as (_, client):
        assert isinstance(await failure_of(client, "GET"), ConnectionLost)


async def test_an_answer_that_stops_is_a_timeout() -> None:
    async def stop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        await stay_silent(reader, writer)

    async with neighbour(stop, QUICK) as (_, client):
        assert type(await failure_of(client, "GET")) is UpstreamTimeout


async def test_what_is_not_http_is_a_broken_neighbour() -> None:
    async with neighbour(sends(b"SSH-2.0-OpenSSH\r\n\r\n")) as (_, client):
        assert isinstance(await failure_of(client, "GET"), UpstreamBroken)


async def test_an_answer_can_be_passed_on_as_it_arrives() -> None:
    async with (
        neighbour(sends(OK, b"\r\nhi")) as (_, client),
        client.stream("GET", "x") as answer,
    ):
        assert b"".join([chunk async for chunk in answer.aiter_raw()]) == b"hi"


async def test_a_request_that_gets_no_connection_was_never_sent() -> None:
    one_at_a_time, patient = Limits(max_connections=1), Timeout(connect=10, read=30, write=10, pool=0.1)
    async with (
        neighbour(stay_silent) as (server, client),
        make_client(str(client.base_url), limits=one_at_a_time, timeout=patient) as narrow,
    ):
        first = asyncio.create_task(narrow.post("x"))
        while not server.heads:
            await asyncio.sleep(0.01)
        failure = await failure_of(narrow, "POST")
        first.cancel()

    assert isinstance(failure, UpstreamUnavailable)
    assert len(server.heads) == 1


async def test_a_body_in_parts_arrives_whole_with_its_length_also_when_it_is_sent_again() -> None:
    received: list[bytes] = []

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readexactly(300_000))
        writer.write(OK + b"\r\nok")

    content, headers = content_of((b"a" * 100_000, memoryview(b"b" * 199_999), b"c"))
    async with neighbour(swallow) as (server, client):
        for _ in range(2):
            assert (await client.put("x", content=content, headers=headers)).status_code == 200

    assert received == [b"a" * 100_000 + b"b" * 199_999 + b"c"] * 2
    heads = b"".join(server.heads).lower()
    assert heads.count(b"content-length: 300000\r\n") == 2
    assert b"chunked" not in heads


async def test_parts_of_unknown_length_are_sent_in_chunks() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"one", b"", b"x" * 300_000):
            yield part

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received = b""
        while (size := int(await reader.readline(), 16)) or not await reader.readline():
            received += await reader.readexactly(size)
            await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(received) + received)

    async with neighbour(echo) as (server, client):
        assert (await client.post("x", content=parts())).content == b"one" + b"x" * 300_000
        assert (await client.post("x", content=parts())).status_code == 200

    assert b"transfer-encoding: chunked" in server.heads[0].lower()
    assert len(server.heads) == 2


async def test_what_is_not_read_holds_the_neighbour_back() -> None:
    sent = 0

    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000

    async with neighbour(flood) as (_, client), client.stream("GET", "x") as answer:
        received = 0
        async for chunk in answer.aiter_raw():
            received += len(chunk)
            if received > 1_000_000:
                break
        await asyncio.sleep(0.1)
        assert sent < 30_000_000


async def test_an_answer_given_before_all_was_heard_is_the_answer() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 100_000
            await asyncio.sleep(0)

    refuse = sends(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
    async with neighbour(refuse) as (_, client):
        assert (await client.post("x", content=parts())).status_code == 413


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_an_answer_without_a_body_leaves_the_connection_usable(answer: bytes) -> None:
    connections = 0

    async def answered(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += len(server.heads) == 1
        writer.write(answer)

    async with neighbour(answered) as (server, client):
        for _ in range(3):
            assert (await client.get("x")).content == b""

    assert connections == 1, "one connection for all of them"


async def test_an_answer_that_ends_with_its_connection_is_whole() -> None:
    async def to_the_end(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        await writer.drain()
        writer.close()

    async with neighbour(to_the_end) as (server, client):
        assert (await client.get("x")).text == "all of it"
        assert (await client.get("x")).text == "all of it"

    assert len(server.heads) == 2


async def test_what_comes_unasked_is_no_answer_to_the_next_request() -> None:
    async def twice(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"\r\nhi" + (OK + b"\r\nno") * (len(server.heads) == 1))

    async with neighbour(twice) as (server, client):
        assert (await client.get("x")).text == "hi"
        await asyncio.sleep(0.05)
        assert (await client.get("x")).text == "hi"
