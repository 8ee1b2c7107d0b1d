"""Connections to neighbours, kept for the next request: the transport beneath httpx."""

import asyncio
import ssl
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from functools import cache
from typing import Final

import httpx

from openward_servicekit.http1 import Connection

_Origin = tuple[str, str, int]

_PORTS: Final = {"http": 80, "https": 443}


class PoolTransport(httpx.AsyncBaseTransport):
    """At most `limits.max_connections` at once, each kept for `limits.keepalive_expiry` seconds of rest.

    It repeats nothing, follows nothing, knows no cookies and no proxies. httpx.ConnectError, ConnectTimeout
    and PoolTimeout say that nothing was sent; after any other error the request may have been heard.
    """

    def __init__(self, limits: httpx.Limits) -> None:
        self._places = asyncio.Semaphore(limits.max_connections or 2**31)
        self._rest = limits.keepalive_expiry or 0.0
        self._idle: defaultdict[_Origin, deque[Connection]] = defaultdict(deque)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeouts = request.extensions.get("timeout", {})
        head = _head(request)
        origin = _origin(request.url)
        connection = await self._connection(origin, timeouts)
        try:
            await connection.send(request.method, head, _body(request), timeouts.get("write"))
            status, headers = await connection.head(timeouts.get("read"))
        except BaseException:
            self._give_back(origin, connection)
            raise
        stream = _Body(self, origin, connection, timeouts.get("read"))
        return httpx.Response(status, headers=headers, stream=stream, request=request)

    async def _connection(self, origin: _Origin, timeouts: dict[str, float | None]) -> Connection:
        if self._places.locked():
            await self._place(timeouts.get("pool"))
        else:
            await self._places.acquire()
        try:
            return self._rested(origin) or await _connected(origin, timeouts.get("connect"))
        except BaseException:
            self._places.release()
            raise

    async def _place(self, within: float | None) -> None:
        try:
            async with asyncio.timeout(within):
                await self._places.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("all connections are in use") from None

    def _rested(self, origin: _Origin) -> Connection | None:
        """The one that was used last; those that have rested too long are closed."""
        idle, oldest = self._idle[origin], asyncio.get_running_loop().time() - self._rest
        while idle:
            connection = idle.pop()
            if connection.is_open and connection.idle_since > oldest:
                return connection
            connection.abort()
        return None

    def _give_back(self, origin: _Origin, connection: Connection) -> None:
        self._places.release()
        if connection.reusable:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle[origin].append(connection)
        else:
            connection.abort()

    async def aclose(self) -> None:
        for idle in self._idle.values():
            while idle:
                idle.pop().abort()


class _Body(httpx.AsyncByteStream):
    """Gives its connection back when it is closed, however often that is said."""

    def __init__(
        self, pool: PoolTransport, origin: _Origin, connection: Connection, within: float | None
    ) -> None:
        self._pool: PoolTransport | None = pool
        self._origin = origin
        self._connection = connection
        self._within = within

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._connection.body(self._within)

    async def aclose(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool._give_back(self._origin, self._connection)  # noqa: SLF001  its own


def _origin(url: httpx.URL) -> _Origin:
    return url.scheme, url.host, url.port or _PORTS[url.scheme]


def _head(request: httpx.Request) -> bytes:
    """Raises httpx.LocalProtocolError for what would be more than one line of it."""
    lines = [request.method.encode(), b" ", request.url.raw_path, b" HTTP/1.1\r\n"]
    for name, value in request.headers.raw:
        lines += (name, b": ", value, b"\r\n")
    head = b"".join((*lines, b"\r\n"))
    ends = len(request.headers.raw) + 2
    if (
        head.count(b"\n") != ends
        or head.count(b"\r") != ends
        or b"\0" in head
        or b" " in request.url.raw_path
    ):
        raise httpx.LocalProtocolError("a header or an address that is none")
    return head


def _body(request: httpx.Request) -> bytes | AsyncIterator[bytes]:
    stream = request.stream
    if isinstance(stream, httpx.ByteStream):
        return b"".join(stream)
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101  httpx types it for both worlds
    is_chunked = request.headers.get("transfer-encoding") == "chunked"
    return _chunked(stream) if is_chunked else aiter(stream)


async def _chunked(parts: httpx.AsyncByteStream) -> AsyncIterator[bytes]:
    """RFC 9112, section 7.1; an empty part would be the last."""
    async for part in parts:
        if part:
            yield b"%x\r\n%b\r\n" % (len(part), part)
    yield b"0\r\n\r\n"


async def _connected(origin: _Origin, within: float | None) -> Connection:
    scheme, host, port = origin
    context = _tls() if scheme == "https" else None
    try:
        async with asyncio.timeout(within):
            _, connection = await asyncio.get_running_loop().create_connection(
                Connection, host, port, ssl=context
            )
    except TimeoutError:
        raise httpx.ConnectTimeout("no connection in time") from None
    except OSError:  # ssl.SSLError is one
        raise httpx.ConnectError("no connection") from None
    return connection


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
