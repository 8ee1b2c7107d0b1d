"""Beneath httpx: aiohttp, and the guard that every request and answer passes. Used through `http`."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from openward_servicekit.errors import UpstreamBroken
from openward_servicekit.telemetry import traceparent

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def make_transport(limits: httpx.Limits) -> httpx.AsyncBaseTransport:
    """The bare aiohttp transport: no cookies, no proxy from the environment, no retries."""

    def open_session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=limits.max_connections or 0, keepalive_timeout=limits.keepalive_expiry
        )
        session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        # aiohttp silently repeats PUT and DELETE on a broken connection: the second If-Match would then
        # fail with 412 though the first did the work. There is no public switch (aiohttp 3.14, client.py).
        session._retry_connection = False  # noqa: SLF001
        return session

    return AiohttpTransport(limits=limits, trust_env=False, client=open_session)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a client may do: `base` with a trailing slash, everything outside it is refused."""

    base: httpx.URL
    retries: int
    max_response_bytes: int

    def check(self, request: httpx.Request) -> None:
        """Raises ValueError: a path that escapes is our own fault, found before anything is sent."""
        base, url = self.base, request.url
        same_origin = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
        path = url.raw_path.partition(b"?")[0].decode("ascii")
        climbs = any(unquote(segment) in {".", ".."} for segment in path.split("/"))
        if not same_origin or climbs or not path.startswith(base.path) or url.userinfo:
            raise ValueError("a request outside its client's base address")


class GuardedTransport(httpx.AsyncBaseTransport):
    def __init__(self, wire: httpx.AsyncBaseTransport, policy: Policy) -> None:
        self._wire = wire
        self._policy = policy

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._policy.check(request)
        if (parent := traceparent()) is not None:
            request.headers["traceparent"] = parent
        response = await self._send(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise UpstreamBroken("a compressed answer that nobody asked for")
        response.stream = _CappedStream(response.stream, self._policy.max_response_bytes)
        return response

    async def _send(self, request: httpx.Request) -> httpx.Response:
        for attempt in range(self._policy.retries):
            try:
                return await self._send_once(request)
            except httpx.ConnectError:
                pass  # nothing was sent
            except httpx.ReadError:
                if request.method not in SAFE_METHODS:
                    raise
            await asyncio.sleep(0.05 * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311  no secret
        return await self._send_once(request)

    async def _send_once(self, request: httpx.Request) -> httpx.Response:
        with truthful_errors():
            return await self._wire.handle_async_request(request)

    async def aclose(self) -> None:
        await self._wire.aclose()


class _CappedStream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream, limit: int) -> None:
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101  httpx types it for both worlds
        self._stream = stream
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        with truthful_errors():
            async for chunk in self._stream:
                size += len(chunk)
                if size > self._limit:
                    raise UpstreamBroken("an answer larger than is accepted")
                yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


@contextmanager
def truthful_errors() -> Iterator[None]:
    """Whether something was sent decides if it may be repeated, so aiohttp's own error is asked.

    httpx-aiohttp 0.2 calls most of them ConnectTimeout, also a connection that broke after the request.
    """
    try:
        yield
    except (httpx.TransportError, aiohttp.ClientError) as error:
        origin = error.__cause__ if isinstance(error, httpx.TransportError) else error
        if not isinstance(origin, aiohttp.ClientError):
            raise
        raise _kind(origin)(type(origin).__name__) from origin


def _kind(origin: aiohttp.ClientError) -> type[httpx.TransportError]:
    match origin:
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout
        case aiohttp.ServerTimeoutError():
            return httpx.ReadTimeout
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError
        case aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError():
            return httpx.ReadError
    return httpx.RemoteProtocolError
