"""Events that every process hears while it is connected, such as what to drop from its memory."""

import structlog
from faststream.nats import NatsBroker
from faststream.nats.annotations import NatsMessage
from openward_contracts.event import UndecodableEvent, decode

from openward_servicekit.messaging.handling import Handler, caused_by

_log = structlog.get_logger(__name__)


class Hearing:
    """A subscription of this process alone. Nothing is asked for again: what fails is logged and gone."""

    def __init__(self, broker: NatsBroker, service: str, subject: str, handler: Handler) -> None:
        # A reply would go to the relay that published, which takes it for the answer of the stream.
        self._subscriber = broker.subscriber(subject, no_reply=True, title=f"{service} hears {subject}")
        self._started = False

        async def receive(body: bytes, message: NatsMessage) -> None:
            try:
                event = decode(subject, message.raw_message.headers or {}, body)
                with caused_by(event, service):
                    await handler(event)
            except UndecodableEvent as error:
                _log.error("event.undecodable", subject=subject, why=str(error))
            except Exception as error:  # noqa: BLE001  one event must not end the hearing of others
                _log.error("event.failed", subject=subject, exc_info=error)

        self._subscriber(receive)

    async def start(self) -> None:
        """Once connected; afterwards without effect, for a reconnect keeps what was subscribed."""
        if not self._started:
            await self._subscriber.start()
            self._started = True
