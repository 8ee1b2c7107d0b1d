"""Outbox archives of the services, asked over NATS."""

from collections.abc import Callable

from nats.aio.client import Client
from openward_contracts.catalogue import PUBLISHERS
from openward_servicekit.outbox.records import ArchivedRecord
from openward_servicekit.outbox.replay import ReplayUnavailable, request_replay
from openward_servicekit.streams import Message, StreamUnavailable

from audit.domain.ports import Replay


class OutboxArchives:
    """The Archives port: everybody is asked who may publish to the stream, this service included."""

    def __init__(self, connection: Callable[[], Client | None]) -> None:
        self._connection = connection

    async def replay(self, stream: str, first: int, last: int) -> Replay:
        nats = self._connection()
        if nats is None or not nats.is_connected:
            raise StreamUnavailable("NATS is away")
        messages: list[Message] = []
        silent: list[str] = []
        for service in PUBLISHERS[stream]:
            try:
                messages += [
                    _message(record) async for record in request_replay(nats, service, stream, first, last)
                ]
            except ReplayUnavailable:
                silent.append(service)
        return Replay(sorted(messages, key=lambda message: message.sequence), tuple(silent))


def _message(record: ArchivedRecord) -> Message:
    return Message(record.stream_seq, record.subject, record.headers, record.payload)
