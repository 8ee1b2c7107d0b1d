"""Live events: one reader of the stream for all who listen to this process."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import takewhile
from typing import Final, Protocol

import structlog
from openward_servicekit.streams import Message, StreamStopped, StreamUnavailable

from clinical.domain.live import Notice, notice, noticed

_log = structlog.get_logger(__name__)

STREAM: Final = "CLINICAL"
#: Notices that a listener who was away for a moment finds without the stream.
_KEPT: Final = 10_000
_RETRY_SECONDS: Final = 1.0


class Reader(Protocol):
    async def next(self) -> Sequence[Message]:
        """The next few messages; none if none came for a second. Raises StreamUnavailable."""


class Streams(Protocol):
    """NATS. Every method raises StreamUnavailable when it is away, StreamStopped without the stream."""

    async def last_sequence(self, stream: str) -> int: ...

    def reading(self, stream: str, first: int) -> AbstractAsyncContextManager[Reader]: ...


class Live:
    """Run `follow` once a process; each listener iterates over `after`. `most` notices are kept."""

    def __init__(self, streams: Streams, most: int = _KEPT) -> None:
        self._streams = streams
        self._kept: deque[Notice] = deque(maxlen=most)
        #: Everything of the stream after this is in `_kept`.
        self._complete_after = 0
        self._last: int | None = None
        self._news: asyncio.Event = asyncio.Event()

    async def follow(self) -> None:
        """For ever; a stream that is away is read on from where it was left."""
        while True:
            with contextlib.suppress(StreamUnavailable, StreamStopped):
                await self._read_on()
            await asyncio.sleep(_RETRY_SECONDS)

    async def after(
        self, position: int | None, pause: float
    ) -> AsyncGenerator[tuple[int | None, Sequence[Notice]], None]:
        """Notices after `position`, or from now on, each with the place up to which it is complete.

        The place is None as long as the stream has not been seen. Nothing but the place comes after `pause`
        seconds without news. What this process has not kept is read from the stream, as soon as it can be.
        """
        while self._last is None:
            yield position, ()
            await self._wait(pause)
        place = self._last if position is None else min(position, self._last)
        yield place, ()
        while True:
            if place < self._complete_after:
                try:
                    async for read_to, notices in self._earlier(place):
                        place = read_to
                        yield place, notices
                except (StreamUnavailable, StreamStopped):
                    yield place, ()
                    await asyncio.sleep(_RETRY_SECONDS)
            elif place < self._last:
                since, place = self._since(place), self._last
                yield place, since
            elif not await self._wait(pause):
                yield place, ()

    async def _read_on(self) -> None:
        if self._last is None:
            self._last = self._complete_after = await self._streams.last_sequence(STREAM)
            self._tell()
        async with self._streams.reading(STREAM, self._last + 1) as reader:
            while True:
                if messages := await reader.next():
                    for message in messages:
                        self._keep(message)
                    self._tell()

    def _keep(self, message: Message) -> None:
        self._last = message.sequence
        if (found := notice(message)) is not None:
            if len(self._kept) == self._kept.maxlen:
                self._complete_after = self._kept[0].sequence
            self._kept.append(found)

    def _since(self, place: int) -> list[Notice]:
        """Those kept after it; mostly the last few."""
        newest_first = takewhile(lambda each: each.sequence > place, reversed(self._kept))
        return list(newest_first)[::-1]

    def _tell(self) -> None:
        """Everybody who waits now; who comes later waits for the next."""
        told, self._news = self._news, asyncio.Event()
        told.set()

    async def _wait(self, seconds: float) -> bool:
        """Whether there is news within so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
            return True
        return False

    async def _earlier(self, place: int) -> AsyncIterator[tuple[int, Sequence[Notice]]]:
        """From the stream, up to what is kept."""
        async with self._streams.reading(STREAM, place + 1) as reader:
            while place < self._complete_after:
                messages = await reader.next()
                if not messages:
                    raise StreamUnavailable(f"{STREAM}: nothing where there should be something")
                place = messages[-1].sequence
                yield place, noticed(messages)
