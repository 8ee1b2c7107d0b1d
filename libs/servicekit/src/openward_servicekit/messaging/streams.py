"""Streams of NATS JetStream."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from secrets import token_hex
from typing import Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from openward_servicekit.messaging.stream_reader import StreamReader
from openward_servicekit.streams import StreamStopped, StreamUnavailable

_TIMEOUT_S: Final = 5.0
#: After so long without a reader the server forgets the consumer: we may not delete one.
_FORGET_S: Final = 30.0


class NatsStreams:
    """Whole streams, read from any place in them, for who keeps its own position.

    `connection` gives the connection to use, None while there is none; `name` begins those of the consumers.
    Every method raises StreamUnavailable when NATS is away, StreamStopped without the stream.
    """

    def __init__(self, connection: Callable[[], Client | None], name: str) -> None:
        self._connection = connection
        self._name = name

    async def last_sequence(self, stream: str) -> int:
        with _failures(stream):
            info = await self._jetstream().stream_info(stream)
        return info.state.last_seq

    @asynccontextmanager
    async def reading(self, stream: str, first: int) -> AsyncIterator[StreamReader]:
        """From `first` on; the first message may be a later one, if the stream has lost that."""
        # Without a filter: a message under any subject counts in the sequence. Without acknowledgements: the
        # position is the reader's, and what the server may lose with this consumer is nothing.
        config = ConsumerConfig(
            name=f"{self._name}-{token_hex(8)}",
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=first,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=_FORGET_S,
            mem_storage=True,
            num_replicas=1,
        )
        with _failures(stream):
            consumer = await self._jetstream().add_consumer(stream, config)
            reader = StreamReader(self._connected(), stream, consumer.name)
            await reader.open()
        try:
            yield reader
        finally:
            await reader.close()

    def _jetstream(self) -> JetStreamContext:
        return self._connected().jetstream(timeout=_TIMEOUT_S)

    def _connected(self) -> Client:
        nats = self._connection()
        if nats is None or not nats.is_connected:
            raise StreamUnavailable("NATS is away")
        return nats


@contextmanager
def _failures(stream: str) -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        raise StreamStopped(f"{stream}: NATS has no such stream") from error
    except (NatsError, OSError) as error:
        raise StreamUnavailable(f"{stream}: {type(error).__name__}") from error
