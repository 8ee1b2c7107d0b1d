"""A durable consumer on the server, and the FastStream subscriber that reads it while it is there."""

from time import monotonic

import structlog
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.annotations import NatsMessage
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError
from openward_contracts.catalogue import Subscription

from openward_servicekit.errors import Unavailable
from openward_servicekit.health import Dependency
from openward_servicekit.messaging.broker import inbox_prefix
from openward_servicekit.messaging.handling import Handling
from openward_servicekit.messaging.metrics import MessagingMetrics

_log = structlog.get_logger(__name__)

#: Messages wait and none is delivered for so long: nobody reads.
_STUCK_S = 60.0
#: A request for a message that was lost with a connection is not made again before.
_FETCH_SECONDS = 1.0


class Consumer:
    """Reads one message at a time, so that a process handles them in the order of delivery."""

    def __init__(
        self, broker: NatsBroker, subscription: Subscription, handling: Handling, metrics: MessagingMetrics
    ) -> None:
        self.name = str(subscription.durable)
        self.handling = handling
        self._stream = subscription.stream
        self._metrics = metrics
        self._reading = False
        self._why: str | None = "not looked at yet"
        self._delivered = 0
        self._moved_at = monotonic()
        self._subscriber = broker.subscriber(
            subscription.subjects[0],
            stream=JStream(subscription.stream, declare=False),
            durable=self.name,
            # One at a time: nats-py's fetch of several raises a TimeoutError that FastStream does not know.
            pull_sub=PullSub(batch_size=1, timeout=_FETCH_SECONDS),
            # FastStream does not pass on the connection's own prefix.
            inbox_prefix=f"{inbox_prefix(subscription.service)}.".encode(),
            no_reply=True,
            title=self.name,
        )

        async def receive(body: bytes, message: NatsMessage) -> None:
            del body  # the message has it, with its headers
            await handling.receive(message.raw_message)

        self._subscriber(receive)

    @property
    def dependency(self) -> Dependency:
        """Not critical: a service that hears nothing for a while still answers."""
        return Dependency(f"consumer {self.name}", self.check, critical=False)

    async def check(self) -> None:
        """Raises Unavailable, with the reason, while this service does not hear what it should."""
        if self._why:
            raise Unavailable(self._why)

    async def look(self, jetstream: JetStreamContext) -> None:
        """Ask the server about the consumer; read it if it is there, and only then.

        FastStream would make a missing one itself, as it likes; one that disappears it would ask for 1800
        times a second without a word.
        """
        try:
            info = await jetstream.consumer_info(self._stream, self.name)
        except NotFoundError:
            await self._stop()
            self._tell(f"the stream {self._stream} has no such consumer: provision it")
        except (NatsError, OSError) as error:
            self._tell(f"NATS does not tell of it: {error}")
        else:
            await self._read(info)

    async def _read(self, info: ConsumerInfo) -> None:
        if not self._reading:
            await self._subscriber.start()
            self._reading, self._moved_at = True, monotonic()
        pending, delivered = info.num_pending or 0, info.delivered.consumer_seq if info.delivered else 0
        self._metrics.pending.labels(self.name).set(pending)
        self._metrics.unacknowledged.labels(self.name).set(info.num_ack_pending or 0)
        if delivered != self._delivered or not pending:
            self._delivered, self._moved_at = delivered, monotonic()
        stuck = monotonic() - self._moved_at > _STUCK_S
        self._tell(f"{pending} messages wait and none is delivered" if stuck else None)

    async def _stop(self) -> None:
        if self._reading:
            self._reading = False
            await self._subscriber.stop()

    def _tell(self, why: str | None) -> None:
        if why != self._why and why is not None:
            _log.error("consumer.not_read", consumer=self.name, stream=self._stream, why=why)
        self._why = why
