"""Fakes of the ports that the following of streams needs. The log passes the suite that PostgreSQL passes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from audit.domain.entry import NewEntry, unseen
from audit.domain.errors import LogLost
from audit.domain.ports import Appended, Position, Replay
from openward_servicekit.streams import Message


@dataclass
class MemoryLog:
    """The Log port in lists."""

    entries: list[NewEntry] = field(default_factory=list)
    gaps: dict[tuple[str, int, int], bool] = field(default_factory=dict)
    stopped: dict[str, str | None] = field(default_factory=dict)
    _positions: dict[str, Position] = field(default_factory=dict)

    async def position(self, stream: str) -> Position:
        return self._positions.setdefault(stream, Position(stream, 1, 0, None))

    async def unseen(self, entries: Sequence[NewEntry]) -> Sequence[NewEntry]:
        return unseen(entries, {entry.event_id: entry.record for entry in self.entries})

    async def append(self, position: Position, entries: Sequence[NewEntry], *, repaired: bool) -> Appended:
        await self._at(position)
        added = await self.unseen(entries)
        self.entries += added
        if repaired:
            for entry in entries:
                gap = (position.stream, position.incarnation, entry.sequence)
                self.gaps |= {gap: True} if gap in self.gaps else {}
        reached = replace(position, sequence=entries[-1].sequence, fingerprint=entries[-1].fingerprint)
        self._positions[position.stream] = reached
        return Appended(reached, added)

    async def note_gap(self, position: Position, missing: range) -> int:
        gaps = {(position.stream, position.incarnation, sequence): False for sequence in missing}
        new = gaps.keys() - self.gaps.keys()
        self.gaps = gaps | self.gaps
        return len(new)

    async def begin_again(self, position: Position, sequence: int, fingerprint: UUID | None) -> None:
        await self._at(position)
        again = Position(position.stream, position.incarnation + 1, sequence, fingerprint)
        self._positions[position.stream] = again

    async def stop(self, stream: str, why: str | None) -> None:
        self.stopped[stream] = why

    async def _at(self, position: Position) -> None:
        if await self.position(position.stream) != position:
            raise LogLost


@dataclass
class MemoryStream:
    """The Streams port over one stream; the test adds and deletes messages."""

    messages: dict[int, Message] = field(default_factory=dict)
    last: int = 0
    #: Do not arrive at the first reader.
    strayed: set[int] = field(default_factory=set)

    def add(self, message: Message) -> None:
        self.messages[message.sequence] = message
        self.last = max(self.last, message.sequence)

    async def last_sequence(self, _stream: str) -> int:
        return self.last

    @asynccontextmanager
    async def reading(self, _stream: str, first: int) -> AsyncIterator["MemoryReader"]:
        yield MemoryReader(self, first - 1)


@dataclass
class MemoryReader:
    stream: MemoryStream
    read: int

    async def next(self) -> Sequence[Message]:
        """Three at a time."""
        await asyncio.sleep(0)
        batch = [self.stream.messages[n] for n in sorted(self.stream.messages) if n > self.read][:3]
        self.read = batch[-1].sequence if batch else self.read
        strayed = self.stream.strayed & {message.sequence for message in batch}
        self.stream.strayed -= strayed
        return [message for message in batch if message.sequence not in strayed]

    async def pending(self) -> int:
        return sum(n > self.read for n in self.stream.messages)


@dataclass
class MemoryArchives:
    """The Archives port."""

    messages: list[Message] = field(default_factory=list)
    silent: tuple[str, ...] = ()

    async def replay(self, _stream: str, first: int, last: int) -> Replay:
        held = sorted(
            (m for m in self.messages if first <= m.sequence <= last), key=lambda message: message.sequence
        )
        return Replay(held, self.silent)


def _message(sequence: int, content: str = "") -> Message:
    body = f"message {sequence} {content}".encode()
    return Message(sequence, "patients.test", {}, body, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="session")
def message() -> Callable[..., Message]:
    """A message by its sequence, and its content if several have the same."""
    return _message


@pytest.fixture(scope="session")
def memory() -> Any:
    """The fakes, as a namespace: `memory.log()`, `memory.stream()`, `memory.archives()`."""
    return Memory


class Memory:
    log = MemoryLog
    stream = MemoryStream
    archives = MemoryArchives
