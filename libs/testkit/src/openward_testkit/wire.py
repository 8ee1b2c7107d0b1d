"""A TCP line between two servers that a test may cut, hold, or let break after a request went through."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass
class Wire:
    """Forwards bytes to `host:port`; listens on `own_port` while `laid`."""

    host: str
    port: int
    own_port: int = 0
    #: Answers do not come through while this is not set; requests do.
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def laid(self) -> AsyncIterator["Wire"]:
        self.answers.set()
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.own_port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()

    def hold_answers(self) -> None:
        self.answers.clear()

    def cut(self) -> None:
        """Break every connection that there is."""
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def _carry(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far_in, far_out = await asyncio.open_connection(self.host, self.port)
        self._open |= {near_out, far_out}
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pump(near_in, far_out), self._pump(far_in, near_out, self.answers))

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, gate: asyncio.Event | None = None
    ) -> None:
        while data := await source.read(65536):
            if gate:
                await gate.wait()
            sink.write(data)
            await sink.drain()
        sink.close()
