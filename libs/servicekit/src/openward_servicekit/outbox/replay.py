"""Archived messages once more, for who missed them: core NATS requests on `outbox.replay.<service>`.

Request: `{"stream": "CLINICAL", "first": 17, "last": 20}`, stream sequences, both included. Answer: one
NATS message for each archived one, ascending, with its headers and payload as they were published and
`Replay-Stream-Seq`, `Replay-Event-Id`, `Replay-Subject` besides; then an empty one with `Replay-End`, the
sequence from which to ask for the rest, or 0 when that was all; or an empty one with `Replay-Error`.
Sequences that this service did not publish are simply not among them: several services may publish to one
stream.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from uuid import UUID

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from pydantic import BaseModel, Field, ValidationError

from openward_servicekit.errors import Unavailable
from openward_servicekit.outbox.records import ArchivedRecord
from openward_servicekit.outbox.source import Outbox

#: Of one answer. The server allows a service 1000 messages in response to one.
_PAGE_ROWS = 200
_PAGE_BYTES = 8 * 2**20
_QUEUE = "outbox-replay"
_TIMEOUT_S = 10.0
_SEQUENCE, _EVENT_ID, _SUBJECT = "Replay-Stream-Seq", "Replay-Event-Id", "Replay-Subject"
_END, _ERROR = "Replay-End", "Replay-Error"

_log = structlog.get_logger(__name__)


class ReplayUnavailable(Unavailable):
    """No process of that service answers, or it could not read its archive. Ask again later."""

    slug = "replay-unavailable"


class _Request(BaseModel):
    stream: str = Field(max_length=64)
    first: int = Field(ge=1)
    last: int = Field(ge=1)


@contextlib.asynccontextmanager
async def serving_replay(nats: Client, service: str, outboxes: Sequence[Outbox]) -> AsyncIterator[None]:
    """Answer while the block runs. Of all processes of a service that do so, one gets each request."""

    async def answer(message: Msg) -> None:
        try:
            await _answer(nats, message, outboxes)
        except Exception as error:  # noqa: BLE001  whoever asks must get an answer
            _log.warning("outbox.replay_failed", error=type(error).__name__)
            await nats.publish(message.reply, headers={_ERROR: "the archive cannot be read now"})

    subscription = await nats.subscribe(f"outbox.replay.{service}", queue=_QUEUE, cb=answer)
    try:
        for _ in range(2):  # nats-py may send the first PING before the subscription
            await nats.flush()
        yield
    finally:
        if not nats.is_closed:
            await subscription.unsubscribe()


async def request_replay(
    nats: Client, service: str, stream: str, first: int, last: int
) -> AsyncIterator[ArchivedRecord]:
    """What `service` published to `stream` between the two sequences, in their order.

    Raises ReplayUnavailable, possibly after some messages.
    """
    inbox = nats.new_inbox()
    answers = await nats.subscribe(inbox)
    try:
        while first:
            request = json.dumps({"stream": stream, "first": first, "last": last}).encode()
            await nats.publish(f"outbox.replay.{service}", request, reply=inbox)
            while not (headers := (message := await answers.next_msg(_TIMEOUT_S)).headers or {}).get(_END):
                yield _record(service, stream, message)
            first = int(headers[_END])
    except NatsError as error:
        raise ReplayUnavailable(f"{service}: {error}") from error
    finally:
        await answers.unsubscribe()


async def _answer(nats: Client, message: Msg, outboxes: Iterable[Outbox]) -> None:
    try:
        request = _Request.model_validate_json(message.data)
    except ValidationError:
        await nats.publish(message.reply, headers={_ERROR: "a request has stream, first and last"})
        return
    records = await _archived(outboxes, request)
    size = 0
    for position, record in enumerate(records):
        size += len(record.payload)
        if position and (size > _PAGE_BYTES or position == _PAGE_ROWS):
            await nats.publish(message.reply, headers={_END: str(record.stream_seq)})
            return
        await nats.publish(message.reply, record.payload, headers=_headers(record))
    await nats.publish(message.reply, headers={_END: "0"})


async def _archived(outboxes: Iterable[Outbox], request: _Request) -> list[ArchivedRecord]:
    """The first rows of all the service's outboxes together: more than a page, if there are more."""
    found: list[ArchivedRecord] = []
    for outbox in outboxes:
        connection = await outbox.connect()
        try:
            source = outbox.source(connection)
            found += await source.replay(request.stream, request.first, request.last, _PAGE_ROWS + 1)
        finally:
            await connection.close(timeout=1)
    return sorted(found, key=lambda record: record.stream_seq)


def _headers(record: ArchivedRecord) -> dict[str, str]:
    own = {_SEQUENCE: str(record.stream_seq), _EVENT_ID: str(record.event_id), _SUBJECT: record.subject}
    return {**record.headers, **own}


def _record(service: str, stream: str, message: Msg) -> ArchivedRecord:
    headers = dict(message.headers or {})
    if _SEQUENCE not in headers:  # an error, or the server's status when nobody listens
        raise ReplayUnavailable(f"{service}: {headers.get(_ERROR, 'nobody answers')}")
    return ArchivedRecord(
        stream=stream,
        stream_seq=int(headers.pop(_SEQUENCE)),
        event_id=UUID(headers.pop(_EVENT_ID)),
        subject=headers.pop(_SUBJECT),
        headers=headers,
        payload=message.data,
    )
