"""Stands in front of a server and stops a request where a test wants it, to kill who waits for the answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from urllib.parse import urlsplit

_CHUNK = 65536


class Point(StrEnum):
    REQUEST = "before the server hears of it"
    ANSWER = "after the server has done it"


class Checkpoint:
    """Lets everything pass but requests of one method, which it stops for good at `point`.

    `reached` is set when one is stopped there.
    """

    def __init__(self, url: str, point: Point, *, method: str = "POST") -> None:
        self._server = urlsplit(url)
        self._method = f"{method} ".encode()
        self._point = point
        self.reached = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[str]:
        """The server's URL by way of here, while the block runs."""
        listener = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        try:
            yield self._server._replace(netloc=f"127.0.0.1:{port}").geturl()
        finally:
            listener.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        there, back = await asyncio.open_connection(self._server.hostname, self._server.port)
        stop_answer = asyncio.Event()
        try:
            with suppress(OSError, asyncio.CancelledError):
                await asyncio.gather(
                    self._pass_requests(reader, back, stop_answer),
                    self._pass_answers(there, writer, stop_answer),
                )
        finally:
            back.close()
            writer.close()

    async def _pass_requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stop_answer: asyncio.Event
    ) -> None:
        while chunk := await reader.read(_CHUNK):
            if chunk.startswith(self._method) and self._point is Point.REQUEST:
                await self._stop()
            if chunk.startswith(self._method) and self._point is Point.ANSWER:
                stop_answer.set()
            writer.write(chunk)
            await writer.drain()
        writer.close()

    async def _pass_answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stop_answer: asyncio.Event
    ) -> None:
        while chunk := await reader.read(_CHUNK):
            if stop_answer.is_set():
                await self._stop()
            writer.write(chunk)
            await writer.drain()
        writer.close()

    async def _stop(self) -> None:
        self.reached.set()
        await asyncio.Event().wait()
