"""The one place where a FastStream broker is made."""

import logging

from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.nats import NatsBroker
from faststream.nats.security import NatsNKey

from openward_servicekit.messaging.connection import ConnectionState
from openward_servicekit.settings import ServiceSettings


def inbox_prefix(service: str) -> str:
    """A service may listen to its own inbox only, so that nobody else reads the answers."""
    return f"_INBOX_{service}"


def make_broker(settings: ServiceSettings, state: ConnectionState) -> NatsBroker:
    """A broker that never stops reconnecting, acknowledges nothing by itself and hands over raw bodies."""
    broker = NatsBroker(
        settings.nats_url,
        name=f"openward-{settings.service}",
        security=NatsNKey.from_seed(settings.nats_seed.get_secret_value()),
        inbox_prefix=inbox_prefix(settings.service),
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.25,  # type: ignore[arg-type]  # it is slept for, a float will do
        connect_timeout=2,
        ping_interval=10,  # with two pings a dead peer is noticed after half a minute, not after four
        max_outstanding_pings=2,
        drain_timeout=5,
        disconnected_cb=state.disconnected,
        reconnected_cb=state.connected,
        closed_cb=state.closed,
        js_options={"timeout": 5},
        graceful_timeout=settings.drain_seconds,
        ack_policy=AckPolicy.MANUAL,
        decoder=_raw,
        # Not FastStream's own logger: that has a handler of its own. Two lines a message are for debugging.
        logger=logging.getLogger("openward.faststream"),
        log_level=logging.DEBUG,
    )
    # FastStream's own callback raises some errors (an authorization timeout, say) into nats-py's reconnecting
    # task. That ends then, and the client stays "reconnecting" for ever.
    broker._connection_kwargs["error_cb"] = state.failed  # noqa: SLF001  there is no other way in
    return broker


async def _raw(message: StreamMessage[object]) -> bytes:
    """FastStream would read JSON here, outside of the handler, where an error is nobody's."""
    return message.body
