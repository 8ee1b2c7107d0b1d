"""What passes between an outbox's tables, its relay and whoever asks for a replay."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OutboxRecord:
    """One message that its transaction committed and NATS has not confirmed yet."""

    id: int
    event_id: UUID
    subject: str
    aggregate_id: str
    headers: Mapping[str, str]
    payload: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SentRecord:
    """Where a row went: the stream that confirmed it and its sequence there."""

    id: int
    stream: str
    stream_seq: int


@dataclass(frozen=True, slots=True)
class ArchivedRecord:
    """A message as it was published, with its place in the stream."""

    event_id: UUID
    subject: str
    stream: str
    stream_seq: int
    headers: Mapping[str, str]
    payload: bytes
