"""Outbox rows to JetStream: in order, durable when it returns, once within the stream's duplicate window."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nats.aio.client import Client
from nats.errors import BadHeaderError, BadSubjectError
from nats.errors import Error as NatsError

from openward_servicekit.errors import Invalid, Unavailable
from openward_servicekit.outbox.records import OutboxRecord, SentRecord

# Short: what was lost with a connection is asked for again, and the server knows what it has.
_ACK_TIMEOUT_S = 2.0
#: JetStream's error code for a batch with a Nats-Msg-Id that the stream already has.
_DUPLICATE = 10201
#: Bytes left for the batch headers and the protocol's own; the server counts headers as payload.
_ALLOWANCE = 512
#: Bytes of a header's colon, blank and line break.
_AROUND = 4
#: Bytes that a character has at most.
_UTF8_MOST = 4


class StreamUnavailable(Unavailable):
    """NATS or the stream cannot store now, or the outcome is unknown: publish the same rows again."""


class RowRefused(Invalid):
    """NATS will never take this row as it is."""

    def __init__(self, record: OutboxRecord, reason: str, code: int = 0) -> None:
        super().__init__(f"row {record.id} ({record.subject}): {reason}")
        self.record = record
        self.code = code


@dataclass(frozen=True, slots=True)
class Published:
    """The first rows, which the stream confirmed; `refused` is the one after them, if there was one."""

    sent: Sequence[SentRecord]
    refused: RowRefused | None = None


async def publish(nats: Client, stream: str, rows: Sequence[OutboxRecord]) -> Published:
    """Publish the rows in their order.

    Several rows go as one atomic batch (NATS ADR-50: stored all or none, one sync for all). A batch with a
    message that the stream already has is refused whole: that is what a relay leaves behind that died between
    confirmation and archive. Then rows go one by one, deduplicated by the server, until one is new; the rest
    is a batch again.

    Raises StreamUnavailable.
    """
    sent: list[SentRecord] = []
    while rest := rows[len(sent) :]:
        until_new = False
        if len(rest) > 1:
            try:
                return Published([*sent, *await _publish_batch(nats, stream, rest)])
            except RowRefused as batch:
                until_new = batch.code == _DUPLICATE
        singles = await _publish_singly(nats, stream, rest, until_new=until_new)
        sent += singles.sent
        if singles.refused:
            return Published(sent, singles.refused)
    return Published(sent)


async def _publish_batch(nats: Client, stream: str, rows: Sequence[OutboxRecord]) -> list[SentRecord]:
    batch = {"Nats-Batch-Id": uuid.uuid4().hex}
    # The first is acknowledged too, so that nothing more goes to a stream that is away or takes no batches.
    await _ask(nats, stream, rows[0], batch | {"Nats-Batch-Sequence": "1"})
    for sequence, record in enumerate(rows[1:-1], 2):
        await _send(nats, stream, record, batch | {"Nats-Batch-Sequence": str(sequence)})
    commit = {"Nats-Batch-Sequence": str(len(rows)), "Nats-Batch-Commit": "1"}
    answer = await _ask(nats, stream, rows[-1], batch | commit)
    first = answer["seq"] - len(rows) + 1
    return [SentRecord(record.id, answer["stream"], seq) for seq, record in enumerate(rows, first)]


async def _publish_singly(
    nats: Client, stream: str, rows: Sequence[OutboxRecord], *, until_new: bool
) -> Published:
    sent: list[SentRecord] = []
    for record in rows:
        try:
            answer = await _ask(nats, stream, record, {})
        except RowRefused as refused:
            return Published(sent, refused)
        sent.append(SentRecord(record.id, answer["stream"], answer["seq"]))
        if until_new and not answer.get("duplicate"):
            break
    return Published(sent)


async def _ask(nats: Client, stream: str, record: OutboxRecord, extra: Mapping[str, str]) -> dict[str, Any]:
    """Publish and wait for the stream's answer; empty for the first message of a batch."""
    headers = _headers(nats, stream, record, extra)
    try:
        reply = await nats.request(record.subject, record.payload, headers=headers, timeout=_ACK_TIMEOUT_S)
    except (BadHeaderError, BadSubjectError) as error:
        raise RowRefused(record, str(error)) from error
    except (NatsError, OSError) as error:
        raise StreamUnavailable(f"stream {stream}: {error!r}") from error
    answer: dict[str, Any] = json.loads(reply.data or b"{}")
    if "error" in answer:
        _raise(stream, record, answer["error"])
    return answer


async def _send(nats: Client, stream: str, record: OutboxRecord, extra: Mapping[str, str]) -> None:
    try:
        await nats.publish(record.subject, record.payload, headers=_headers(nats, stream, record, extra))
    except (BadHeaderError, BadSubjectError) as error:
        raise RowRefused(record, str(error)) from error
    except (NatsError, OSError) as error:
        raise StreamUnavailable(f"stream {stream}: {error!r}") from error


def _headers(nats: Client, stream: str, record: OutboxRecord, extra: Mapping[str, str]) -> dict[str, str]:
    headers = {
        **record.headers,
        "Nats-Msg-Id": str(record.event_id),
        "Nats-Expected-Stream": stream,
        **extra,
    }
    if not set(map(type, headers.values())) <= {str}:
        raise RowRefused(record, "a header is not text")
    # Too large a message would make the server close the connection, for all who share it.
    most, room = nats.max_payload, nats.max_payload - _ALLOWANCE - len(record.payload)
    if _characters(headers) * _UTF8_MOST > room and (size := _bytes(headers)) > room:
        raise RowRefused(
            record, f"{len(record.payload) + size} bytes are more than the server takes ({most})"
        )
    return headers


def _characters(headers: Mapping[str, str]) -> int:
    return sum(map(len, headers)) + sum(map(len, headers.values())) + _AROUND * len(headers)


def _bytes(headers: Mapping[str, str]) -> int:
    return sum(len(name.encode()) + len(value.encode()) + _AROUND for name, value in headers.items())


def _raise(stream: str, record: OutboxRecord, error: Mapping[str, Any]) -> None:
    """400 is about this message; everything else (503: full, no leader, no storage) about the stream."""
    reason = f"{error.get('description')} ({error.get('err_code')})"
    if error.get("code") == 400:
        raise RowRefused(record, reason, int(error.get("err_code", 0)))
    raise StreamUnavailable(f"stream {stream}: {reason}")
