"""All of a service's messaging: made in its composition root, run in its lifespan."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import structlog
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.errors import Error as NatsError
from openward_contracts.catalogue import SUBSCRIPTIONS, Subscription
from openward_contracts.event import Event
from openward_contracts.payload import Payload
from prometheus_client import CollectorRegistry

from openward_servicekit.errors import Unavailable
from openward_servicekit.health import Dependency
from openward_servicekit.messaging.broker import make_broker
from openward_servicekit.messaging.connection import ConnectionState
from openward_servicekit.messaging.consumer import Consumer
from openward_servicekit.messaging.handling import Handling
from openward_servicekit.messaging.metrics import MessagingMetrics
from openward_servicekit.outbox.metrics import OutboxMetrics
from openward_servicekit.outbox.options import RelayOptions
from openward_servicekit.outbox.relay import Relay
from openward_servicekit.outbox.replay import serving_replay
from openward_servicekit.outbox.source import Outbox
from openward_servicekit.settings import ServiceSettings
from openward_servicekit.tasks import running

P = TypeVar("P", bound=Payload)
Handle = Callable[[Event[P]], Awaitable[None]]

_log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 2.0
_RETRY_S = 2.0
#: A start waits so long for NATS, and then goes on without.
_START_S = 2.0


class Messaging:
    """Hears what the catalogue says that the service listens to, and relays its outboxes.

    A service starts without NATS, too: what it commits waits in its outbox, what others publish in a stream.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        outboxes: Sequence[Outbox] = (),
        registry: CollectorRegistry | None = None,
    ) -> None:
        registry = registry or CollectorRegistry()
        self._service = settings.service
        self._outboxes = outboxes
        self._metrics = MessagingMetrics(registry)
        self._state = ConnectionState()
        self._nats: Client | None = None
        self._consumers: dict[str, Consumer] = {}
        self.broker: NatsBroker = make_broker(settings, self._state)
        outbox_metrics = OutboxMetrics(registry)
        options = RelayOptions(retention=timedelta(days=settings.outbox_retention_days))
        self.relays = tuple(
            Relay(
                outbox,
                self.connection,
                metrics=outbox_metrics,
                options=replace(options, gather_most=outbox.gather_most),
            )
            for outbox in outboxes
        )

    def on(self, payload: type[P]) -> Callable[[Handle[P]], Handle[P]]:
        """Handle the events of one kind, idempotently: one comes again after a failure or a crash.

        Raises LookupError when the catalogue names no durable consumer of this service for them.
        """
        subscription = _subscription(self._service, payload.subject)

        def register(handler: Handle[P]) -> Handle[P]:
            self._consumer(subscription).handling.handlers[payload.subject] = handler
            return handler

        return register

    def connection(self) -> Client | None:
        """The connection to NATS, unless there has been none yet."""
        return self._nats

    def wake(self) -> None:
        """An event was committed here: relay it at once, if this process is the one that relays."""
        for relay in self.relays:
            relay.wake()

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """For readiness. Only refused rights make a service unready; it works on while NATS is away."""
        return (
            Dependency("nats", self._check_connection, critical=False),
            Dependency("nats rights", self._state.check_rights),
            *(consumer.dependency for consumer in self._consumers.values()),
            *(relay.dependency for relay in self.relays),
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connected, reading and relaying while the block runs; handlers at work may finish at its end."""
        ready = asyncio.Event()
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._disconnect)
            await stack.enter_async_context(running(self._work(ready), "messaging"))
            for relay in self.relays:
                await stack.enter_async_context(relay.running())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ready.wait(), _START_S)
            yield

    async def _work(self, ready: asyncio.Event) -> None:
        while True:
            try:
                await self._serve(ready)
            except Exception as error:  # noqa: BLE001  whatever it is, a service must hear again
                _log.error("messaging.failed", exc_info=error)
            await asyncio.sleep(_RETRY_S)

    async def _serve(self, ready: asyncio.Event) -> None:
        """Look after the consumers for ever; `ready` is set when each was looked at once."""
        nats = await self.broker.connect()
        if self._nats is None:
            await self._state.connected()
        self._nats, jetstream = nats, nats.jetstream(timeout=_LOOK_EVERY_S)
        async with serving_replay(nats, self._service, self._outboxes):
            while True:
                for consumer in self._consumers.values():
                    await consumer.look(jetstream)
                ready.set()
                await asyncio.sleep(_LOOK_EVERY_S)

    def _consumer(self, subscription: Subscription) -> Consumer:
        name = str(subscription.durable)
        if name not in self._consumers:
            handling = Handling(self._service, name, self._metrics)
            self._consumers[name] = Consumer(self.broker, subscription, handling, self._metrics)
        return self._consumers[name]

    async def _check_connection(self) -> None:
        if self._nats is None or not self._nats.is_connected:
            raise Unavailable("not connected")

    async def _disconnect(self) -> None:
        self._state.stopping = True
        with contextlib.suppress(NatsError, OSError):  # it may be away just now
            await self.broker.stop()
        if self._nats is not None and not self._nats.is_closed:
            # On a connection that has just broken uvloop raises RuntimeError.
            with contextlib.suppress(NatsError, OSError, RuntimeError):
                await self._nats.close()


def _subscription(service: str, subject: str) -> Subscription:
    for subscription in SUBSCRIPTIONS:
        if subscription.service == service and subscription.durable and subject in subscription.subjects:
            return subscription
    raise LookupError(f"the catalogue has no durable consumer of {service} for {subject}")
