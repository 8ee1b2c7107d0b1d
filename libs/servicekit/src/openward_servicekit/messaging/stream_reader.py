"""Reads a consumer by pull requests (NATS ADR-37), one open at a time.

nats-py's own `fetch` waits for the whole batch as soon as one message is there: a second for every event.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from openward_servicekit.streams import Message, StreamUnavailable

_MOST: Final = 250
_MOST_BYTES: Final = 8 * 2**20
#: How long the server keeps a request for which there is nothing.
_EXPIRES_S: Final = 5
#: A server that then does not even say so has lost the request, or we the server.
_PATIENCE_S: Final = 2 * _EXPIRES_S
_SILENCE_S: Final = 1.0
#: Statuses by which the server ends a request, and not the consumer.
_EXPIRED: Final = "408"
_ENDED: Final = "409"
_ENDINGS: Final = frozenset({"batch completed", "message size exceeds maxbytes"})


class StreamReader:
    """Reads a stream through the consumer `name`, which nobody else reads: each message once and in order."""

    def __init__(self, nats: Client, stream: str, name: str) -> None:
        self._nats = nats
        self._stream = stream
        self._name = name
        self._inbox = nats.new_inbox()
        self._arrived: asyncio.Queue[Msg] = asyncio.Queue()
        self._subscription: Subscription | None = None
        self._requests = 0
        #: What the server may still send for the request that is open.
        self._due = 0
        self._lost_at = 0.0

    async def open(self) -> None:
        self._subscription = await self._nats.subscribe(f"{self._inbox}.*", cb=self._arrived.put)
        await self._pull()

    async def close(self) -> None:
        if self._subscription is not None and not self._nats.is_closed:
            with suppress(NatsError, OSError):  # the connection is away: so is the subscription
                await self._subscription.unsubscribe()

    async def next(self) -> Sequence[Message]:
        """The next few messages; none if none came for a second. Raises StreamUnavailable."""
        messages: list[Message] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(_SILENCE_S):
                while not messages:
                    await self._take(await self._arrived.get(), messages)
        while not self._arrived.empty() and len(messages) < _MOST:
            await self._take(self._arrived.get_nowait(), messages)
        if not messages and monotonic() > self._lost_at:
            raise StreamUnavailable(f"{self._stream}: the server does not answer")
        return messages

    async def pending(self) -> int:
        """How many messages the stream still has for this reader."""
        try:
            info = await self._nats.jetstream().consumer_info(self._stream, self._name)
        except (NatsError, OSError) as error:
            raise StreamUnavailable(f"{self._stream}: {type(error).__name__}") from error
        return info.num_pending or 0

    @property
    def _reply(self) -> str:
        """Of the request that is open; the server's last word about an earlier one has another subject."""
        return f"{self._inbox}.{self._requests}"

    async def _pull(self) -> None:
        request = {"batch": _MOST, "max_bytes": _MOST_BYTES, "expires": _EXPIRES_S * 10**9}
        self._requests += 1
        self._due = _MOST
        self._lost_at = monotonic() + _PATIENCE_S
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}"
        try:
            await self._nats.publish(subject, json.dumps(request).encode(), reply=self._reply)
        except (NatsError, OSError) as error:
            raise StreamUnavailable(f"{self._stream}: {type(error).__name__}") from error

    async def _take(self, arrived: Msg, messages: list[Message]) -> None:
        """A message, or the server's word about a request; when that is at its end, ask for more."""
        self._lost_at = monotonic() + _PATIENCE_S
        headers = arrived.headers or {}
        if "Status" not in headers or arrived.data:
            messages.append(_read(arrived))
            self._due -= 1
        elif arrived.subject != self._reply:
            return
        elif _ends_request(headers):
            self._due = 0
        else:
            raise StreamUnavailable(f"{self._stream}: the consumer is gone ({headers['Status']})")
        if not self._due:
            await self._pull()


def _ends_request(headers: Mapping[str, str]) -> bool:
    status, description = headers["Status"], headers.get("Description", "").lower()
    return status == _EXPIRED or (status == _ENDED and description in _ENDINGS)


def _read(message: Msg) -> Message:
    place = message.metadata
    return Message(
        place.sequence.stream, message.subject, message.headers or {}, message.data, place.timestamp
    )
