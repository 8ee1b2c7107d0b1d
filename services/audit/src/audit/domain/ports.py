"""What the use cases need from outside, one Protocol each."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from openward_contracts.actor import Actor
from openward_contracts.identifiers import PatientId
from openward_servicekit.streams import Message

from audit.domain.entry import NewEntry
from audit.domain.search import Entry, Filters, Place


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream is in the log. `fingerprint` is that of the entry at `sequence`, None at the start."""

    stream: str
    incarnation: int
    sequence: int
    fingerprint: UUID | None


@dataclass(frozen=True, slots=True)
class Appended:
    """Where the stream is now, and what was added to get there."""

    position: Position
    entries: Sequence[NewEntry]


@dataclass(frozen=True, slots=True)
class Progress:
    """What the log knows of a stream. `stopped` says why nothing more is appended."""

    stream: str
    sequence: int
    gaps_found: int
    gaps_repaired: int
    stopped: str | None
    restarted_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Replay:
    """What archives hold, ascending. `silent` are services that did not answer and may hold more."""

    messages: Sequence[Message]
    silent: tuple[str, ...] = ()


class Reader(Protocol):
    """Reads a stream from a sequence on, each message once and in order."""

    async def next(self) -> Sequence[Message]:
        """The next few messages; none if none came for a second. Raises StreamUnavailable."""

    async def pending(self) -> int:
        """How many messages the stream still has for this reader."""


class Streams(Protocol):
    """NATS. Every method raises StreamUnavailable when it is away, StreamStopped without the stream."""

    async def last_sequence(self, stream: str) -> int: ...

    def reading(self, stream: str, first: int) -> AbstractAsyncContextManager[Reader]:
        """From `first` on; the first message may be a later one, if the stream has lost that."""


class Archives(Protocol):
    """The outboxes of the services, which keep what they published."""

    async def replay(self, stream: str, first: int, last: int) -> Replay: ...


class Log(Protocol):
    """The writer's side of the log; one process has it at a time.

    Every method raises LogLost when this process does not have it any more.
    """

    async def position(self, stream: str) -> Position: ...

    async def unseen(self, entries: Sequence[NewEntry]) -> Sequence[NewEntry]:
        """Those that an append would add."""

    async def append(self, position: Position, entries: Sequence[NewEntry], *, repaired: bool) -> Appended:
        """Add what is unseen and move on to the last of `entries`, all or nothing.

        Raises LogLost when the stream is not at `position`: another process writes.
        """

    async def note_gap(self, position: Position, missing: range) -> int:
        """How many of these sequences were not known to be missing."""

    async def begin_again(self, position: Position, sequence: int, fingerprint: UUID | None) -> None:
        """The stream's history is another one from now on; it is in the log up to `sequence`."""

    async def stop(self, stream: str, why: str | None) -> None:
        """Note why the stream has stopped, or with None that it has not."""


class Progresses(Protocol):
    async def progress(self) -> Sequence[Progress]:
        """Of every stream, in the order of their names."""


class Entries(Protocol):
    """The reader's side of the log."""

    async def find(self, filters: Filters, after: Place | None, limit: int) -> Sequence[Entry]:
        """The newest first; only those that come after a place in that order."""


class AccessLog(Protocol):
    """Durable when a method returns; else Unavailable is raised and nothing may be answered."""

    async def searched(self, actor: Actor, query: str, patients: Sequence[PatientId], rows: int) -> None: ...
