"""Beneath httpx: the guard that every request and answer passes. Used through `http`."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import unquote

import httpx

from openward_servicekit.errors import UpstreamBroken
from openward_servicekit.telemetry import traceparent

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


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
        async for chunk in self._stream:
            size += len(chunk)
            if size > self._limit:
                raise UpstreamBroken("an answer larger than is accepted")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
