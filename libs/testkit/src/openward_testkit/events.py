"""Watches a stream and waits for what a test expects to see in it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar, cast

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError
from openward_contracts.event import Event, UndecodableEvent, decode
from openward_contracts.payload import Payload

P = TypeVar("P", bound=Payload)

_POLL_SECONDS = 0.02


def _any(_: Event[Any]) -> bool:
    return True


def about(known: object) -> Callable[[Event[Any]], bool]:
    """A predicate: the body has this text. Other tests' events may come late, and into the same stream."""
    return lambda event: str(known).encode() in event.body()


class EventCatcher:
    """Every message of a stream after a position, decoded, in stream order.

    Reads message by message instead of subscribing: that needs no consumer (the user `monitor` may do it),
    misses nothing and goes on after the server was killed.
    """

    def __init__(self, connection: Client, stream: str) -> None:
        self.events: list[Event[Payload]] = []
        self._stream = stream
        self._jetstream = connection.jetstream(timeout=10)
        self._caught = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def watching(self, *, from_start: bool = False) -> AsyncIterator["EventCatcher"]:
        """Catches what comes from now on; with `from_start`, what the stream already holds too."""
        state = (await self._jetstream.stream_info(self._stream)).state
        task = asyncio.create_task(self._watch(0 if from_start else state.last_seq))
        try:
            yield self
        finally:
            while not task.done():  # wait_for of Python 3.11 loses a cancellation that meets its result
                task.cancel()
                await asyncio.wait({task}, timeout=_POLL_SECONDS)
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def wait_for(
        self,
        payload: type[P],
        predicate: Callable[[Event[P]], bool] = _any,
        timeout: float = 30.0,  # noqa: ASYNC109  a test says how long it waits; asyncio.timeout below does it
    ) -> Event[P]:
        """The first event with this payload that the predicate accepts; AssertionError after `timeout` s."""
        try:
            async with asyncio.timeout(timeout), self._caught:
                while True:
                    for event in self.events:
                        if isinstance(event.data, payload) and predicate(cast("Event[P]", event)):
                            return cast("Event[P]", event)
                    await self._caught.wait()
        except TimeoutError:
            seen = ", ".join(event.nats_subject for event in self.events) or "nothing"
            raise AssertionError(f"no {payload.subject} within {timeout} s; seen: {seen}") from None

    async def _watch(self, position: int) -> None:
        while True:
            try:
                message = await self._jetstream.get_msg(self._stream, position + 1)
            except NotFoundError:
                await asyncio.sleep(_POLL_SECONDS)
                continue
            except (NatsError, OSError):  # the server is away
                await asyncio.sleep(_POLL_SECONDS)
                continue
            position += 1
            try:
                event = decode(message.subject or "", message.headers or {}, message.data or b"")
            except UndecodableEvent:  # another test's, of what cannot be read
                continue
            async with self._caught:
                self.events.append(event)
                self._caught.notify_all()


async def publish(client: Client, event: Event[Payload], *, seconds: float = 60) -> int:
    """As the relay does: again until the stream has it; its sequence there. TimeoutError after so long."""
    jetstream = client.jetstream(timeout=1)
    async with asyncio.timeout(seconds):
        while True:
            with contextlib.suppress(NatsError):
                ack = await jetstream.publish(event.nats_subject, event.body(), headers=event.headers())
                return ack.seq
            await asyncio.sleep(_POLL_SECONDS)
