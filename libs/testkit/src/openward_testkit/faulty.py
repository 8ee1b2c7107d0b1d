"""HTTP between two servers that goes wrong as a test says: lost, late, half, in other words or in none."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """`…-delivered`: the other side got the request and has answered it, before anything went wrong."""

    LOST = "lost"  # the connection breaks and nobody got the request
    SLOW = "slow"  # nobody got it, and nothing is heard
    ERROR = "error-500"
    AWAY = "away-503"
    LOST_DELIVERED = "lost-delivered"
    SLOW_DELIVERED = "slow-delivered"
    HALF_DELIVERED = "half-delivered"
    ERROR_DELIVERED = "error-500-delivered"
    AWAY_DELIVERED = "away-502-delivered"
    OTHER_TYPE_DELIVERED = "other-type-delivered"
    OTHER_BODY_DELIVERED = "other-body-delivered"
    GARBAGE_DELIVERED = "garbage-delivered"

    @property
    def delivered(self) -> bool:
        return self.endswith("-delivered")


_PAGE = b"<html>An error has occurred.</html>"


@dataclass
class FaultyWay:
    """Forwards each request to `host:port` on a connection of its own; listens on `own_port` while `laid`."""

    host: str
    port: int
    own_port: int = 0
    #: How often a fault has struck, and how many answers are being kept back.
    struck: int = 0
    held: int = 0
    _fault: Fault | None = None
    _beginnings: tuple[bytes, ...] = ()
    _times: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def laid(self) -> AsyncIterator["FaultyWay"]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.own_port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def strike(self, fault: Fault, beginning: str | tuple[str, ...] = "", times: int = 1) -> None:
        """The next so many requests whose first line begins like this go wrong so."""
        beginnings = (beginning,) if isinstance(beginning, str) else beginning
        self._beginnings = tuple(each.encode() for each in beginnings)
        self._fault, self._times = fault, times

    def spare(self) -> None:
        self._times = 0

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, then the connection is closed."""
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                request = head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
                request += await reader.readexactly(_length(head))
                await self._answer(request, self._judged(head), writer)
        finally:
            writer.close()

    def _judged(self, head: bytes) -> Fault | None:
        if not self._times or not head.startswith(self._beginnings):
            return None
        self._times -= 1
        self.struck += 1
        return self._fault

    async def _answer(self, request: bytes, fault: Fault | None, writer: asyncio.StreamWriter) -> None:
        answer = b""
        if fault is None or fault.delivered:
            answer = await self._forwarded(request)
        if fault in (Fault.SLOW, Fault.SLOW_DELIVERED):
            self.held += 1
            await asyncio.sleep(3600)
        writer.write(_spoiled(answer, fault))
        await writer.drain()
        if fault in (Fault.LOST, Fault.LOST_DELIVERED, Fault.HALF_DELIVERED):
            writer.transport.abort()

    async def _forwarded(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(request)
            await writer.drain()
            return await reader.read(-1)
        finally:
            writer.close()


def _page(status: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(_PAGE)}", "Content-Type: text/html"]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + _PAGE


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


_INSTEAD = {
    Fault.LOST: b"",
    Fault.LOST_DELIVERED: b"",
    Fault.ERROR: _page("500 Internal Server Error"),
    Fault.ERROR_DELIVERED: _page("500 Internal Server Error"),
    Fault.AWAY: _page("503 Service Unavailable"),
    Fault.AWAY_DELIVERED: _page("502 Bad Gateway"),
    Fault.OTHER_BODY_DELIVERED: _page("200 OK"),
    Fault.GARBAGE_DELIVERED: b"\x00\xff" * 200 + b"\r\n\r\n",
}


def _spoiled(answer: bytes, fault: Fault | None) -> bytes:
    if fault in _INSTEAD:
        return _INSTEAD[fault]
    if fault is Fault.OTHER_TYPE_DELIVERED:
        return answer.replace(b"Content-Type: application/", b"Content-Type: image/")
    if fault is Fault.HALF_DELIVERED:
        head, _, body = answer.partition(b"\r\n\r\n")
        return answer[: len(head) + 4 + len(body) // 2] if body else answer[: len(head) // 2]
    return answer
