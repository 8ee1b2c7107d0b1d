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

from audit.adapters.nats_reader import NatsReader
from audit.domain.errors import StreamStopped, StreamUnavailable
from audit.domain.ports import Reader

_TIMEOUT_S: Final = 5.0
#: After so long without a reader the server forgets the consumer: we may not delete one.
_FORGET_S: Final = 30.0


class NatsStreams:
    """The Streams port. `connection` gives the connection to use, None while there is none."""

    def __init__(self, connection: Callable[[], Client | None]) -> None:
        self._connection = connection

    async def last_sequence(self, stream: str) -> int:
        with _failures(stream):
            info = await self._jetstream().stream_info(stream)
        return info.state.last_seq

    @asynccontextmanager
    async def reading(self, stream: str, first: int) -> AsyncIterator[Reader]:
        # Without a filter: a message under any subject counts in the sequence. Without acknowledgements: the
        # position is the log's, and what the server may lose with this consumer is nothing.
        config = ConsumerConfig(
            name=f"audit-{token_hex(8)}",
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=first,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=_FORGET_S,
            mem_storage=True,
            num_replicas=1,
        )
        with _failures(stream):
            consumer = await self._jetstream().add_consumer(stream, config)
            reader = NatsReader(self._connected(), stream, consumer.name)
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
