"""What is read of a stream, and how that fails; `messaging.streams` does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from openward_servicekit.errors import Unavailable


class StreamUnavailable(Unavailable):
    """NATS is away, or the reader was lost: nothing is wrong with the messages."""

    slug = "stream-unavailable"


class StreamStopped(Unavailable):
    """Nothing more of this stream can be read until somebody helps; the detail says why."""

    slug = "stream-stopped"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its stream or an outbox archive gives it; an archive knows no `stored_at`."""

    sequence: int
    subject: str
    headers: Mapping[str, str]
    body: bytes
    stored_at: datetime | None = None
