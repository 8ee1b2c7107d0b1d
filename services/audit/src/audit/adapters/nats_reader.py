"""Reads a consumer by pull requests (NATS ADR-37), one open at a time.

nats-py's own `fetch` waits for the whole batch as soon as one message is there: a second for every event.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from audit.domain.errors import StreamUnavailable
from audit.domain.message import Message

_MOST: Final = 250
_MOST_BYTES: Final = 8 * 2**20
#: How long the server keeps a request for which there is nothing.
_EXPIRES_S: Final = 5
#: A server that then does not even say so has lost the request, or we the server.
_PATIENCE_S: Final = 2 * _EXPIRES_S
_SILENCE_S: Final = 1.0
_EXPIRED: Final = "408"
_REFUSED: Final = "409"
_TOO_MANY_BYTES: Final = "exceeds maxbytes"


class NatsReader:
    """The Reader port over the consumer `name`, which nobody else reads."""

    def __init__(self, nats: Client, stream: str, name: str) -> None:
        self._nats = nats
        self._stream = stream
        self._name = name
        self._inbox = nats.new_inbox()
        self._arrived: asyncio.Queue[Msg] = asyncio.Queue()
        self._subscription: Subscription | None = None
        #: What the server may still send for the request that is open; with 0 there is none.
        self._due = 0
        self._lost_at = 0.0

    async def open(self) -> None:
        self._subscription = await self._nats.subscribe(self._inbox, cb=self._arrived.put)
        await self._pull()

    async def close(self) -> None:
        if self._subscription is not None and not self._nats.is_closed:
            with suppress(NatsError, OSError):  # the connection is away: so is the subscription
                await self._subscription.unsubscribe()

    async def next(self) -> Sequence[Message]:
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
        try:
            info = await self._nats.jetstream().consumer_info(self._stream, self._name)
        except (NatsError, OSError) as error:
            raise StreamUnavailable(f"{self._stream}: {type(error).__name__}") from error
        return info.num_pending or 0

    async def _pull(self) -> None:
        request = {"batch": _MOST, "max_bytes": _MOST_BYTES, "expires": _EXPIRES_S * 10**9}
        self._due = _MOST
        self._lost_at = monotonic() + _PATIENCE_S
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}"
        try:
            await self._nats.publish(subject, json.dumps(request).encode(), reply=self._inbox)
        except (NatsError, OSError) as error:
            raise StreamUnavailable(f"{self._stream}: {type(error).__name__}") from error

    async def _take(self, message: Msg, messages: list[Message]) -> None:
        """The server's word about a request, or a message; then, if nothing more is due, the next request."""
        self._lost_at = monotonic() + _PATIENCE_S
        status = (message.headers or {}).get("Status") if not message.data else None
        if status is None:
            messages.append(_read(message))
            self._due -= 1
        elif _ends(status, message):
            self._due = 0
        else:
            raise StreamUnavailable(f"{self._stream}: the consumer is gone ({status})")
        if not self._due:
            await self._pull()


def _ends(status: str, message: Msg) -> bool:
    """Whether the request alone has come to its end, and not the consumer."""
    description = (message.headers or {}).get("Description", "").lower()
    return status == _EXPIRED or (status == _REFUSED and _TOO_MANY_BYTES in description)


def _read(message: Msg) -> Message:
    place = message.metadata
    return Message(
        place.sequence.stream, message.subject, message.headers or {}, message.data, place.timestamp
    )
