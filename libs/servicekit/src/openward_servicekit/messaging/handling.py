"""One message: decoded, handled in its context, and settled with the server."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import structlog
from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind
from openward_contracts.actor import SYSTEM_ACTOR
from openward_contracts.event import Event, UndecodableEvent, decode

from openward_servicekit.context import bind
from openward_servicekit.messaging.delivery import Outcome, Patience, delay
from openward_servicekit.messaging.metrics import MessagingMetrics
from openward_servicekit.telemetry import span

_log = structlog.get_logger(__name__)

Handler = Callable[[Event[Any]], Awaitable[None]]

#: Below the consumers' ack_wait of 30 s, so that no message is with two handlers at once.
HANDLER_SECONDS = 20.0
#: While others are handled so lately, a message that fails is itself at fault.
_LATELY_S = 60.0


class Handling:
    """What one consumer does with its messages: `handlers`, by subject."""

    def __init__(
        self, service: str, consumer: str, metrics: MessagingMetrics, patience: Patience | None = None
    ) -> None:
        self.handlers: dict[str, Handler] = {}
        self._actor = SYSTEM_ACTOR(service)
        self._consumer = consumer
        self._metrics = metrics
        self._patience = patience or Patience()
        self._handled_at = float("-inf")

    async def receive(self, message: Msg) -> None:
        """Handle and acknowledge it; after a failure ask for it again, later each time.

        A message that is no event is terminated: the server tells of it, and it stays in its stream. One
        that has no handler here is acknowledged: it is of a newer release, or nothing to this service.
        """
        handler = self.handlers.get(message.subject)
        if handler is None:
            await message.ack()
            return
        try:
            event = decode(message.subject, message.headers or {}, message.data)
        except UndecodableEvent as error:
            self._metrics.handled(self._consumer, "undecodable")
            _log.error("event.undecodable", why=str(error), **self._about(message))
            await message.term()
            return
        await _settle(message, await self._handle(handler, event, message))

    async def _handle(self, handler: Handler, event: Event[Any], message: Msg) -> Outcome:
        started = monotonic()
        envelope = event.envelope
        with (
            bind(request_id=envelope.correlationid, actor=self._actor),
            span(f"consume {message.subject}", kind=SpanKind.CONSUMER, parent=envelope.traceparent),
        ):
            try:
                async with asyncio.timeout(HANDLER_SECONDS):
                    await handler(event)
            except Exception as error:  # noqa: BLE001  every failure is an outcome
                outcome = self._judge(error, message)
                log = _log.error if outcome is Outcome.GIVEN_UP else _log.warning
                log("event.failed", outcome=outcome, exc_info=error, **self._about(message))
            else:
                outcome = Outcome.DONE
                self._handled_at = monotonic()
        self._metrics.handled(self._consumer, outcome, monotonic() - started)
        return outcome

    def _judge(self, error: Exception, message: Msg) -> Outcome:
        others_succeed = monotonic() - self._handled_at < _LATELY_S
        return self._patience.judge(error, _deliveries(message), others_succeed=others_succeed)

    def _about(self, message: Msg) -> dict[str, Any]:
        where = message.metadata
        return {
            "consumer": self._consumer,
            "subject": message.subject,
            "stream": where.stream,
            "sequence": where.sequence.stream,
            "deliveries": where.num_delivered,
        }


async def _settle(message: Msg, outcome: Outcome) -> None:
    match outcome:
        case Outcome.DONE | Outcome.POINTLESS:
            await message.ack()
        case Outcome.LATER:
            await message.nak(delay=delay(_deliveries(message)))
        case Outcome.GIVEN_UP:
            await message.term()


def _deliveries(message: Msg) -> int:
    return message.metadata.num_delivered or 1
