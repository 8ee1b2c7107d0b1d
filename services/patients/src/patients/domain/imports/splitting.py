"""A body of any size as chunks of lines; what is held in memory has a bound, whatever is sent."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

LINES: Final = 4_000
BYTES: Final = 4_000_000
#: Of a longer line nothing is kept but that it was there.
LONGEST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring lines without their line feeds, numbered from `first`; None was too long."""

    first: int
    lines: Sequence[bytes | None]

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1


async def chunks(body: AsyncIterator[bytes], first: int, after: int) -> AsyncIterator[Chunk]:
    """Lines of a body whose first line is number `first`, without those up to `after`, which are settled.

    A last line needs no line feed: whoever ends the body properly has said all.
    """
    splitter = _Splitter(first, after)
    async for block in body:
        splitter.add(block)
        while (chunk := splitter.full()) is not None:
            yield chunk
    splitter.end()
    while (chunk := splitter.full(at_all=True)) is not None:
        yield chunk


@dataclass(slots=True)
class _Splitter:
    number: int
    """Of the first line in `_lines`, or of the next to come."""
    after: int
    _lines: list[bytes | None] = field(default_factory=list)
    _rest: bytes = b""
    _size: int = 0
    _too_long: bool = False

    def add(self, block: bytes) -> None:
        *lines, rest = block.split(b"\n")
        if lines:
            self._add_line(self._rest + lines[0])
            for line in lines[1:]:
                self._add_line(line)
            self._rest = b""
        self._rest += rest
        if len(self._rest) > LONGEST:
            self._too_long, self._rest = True, b""

    def end(self) -> None:
        if self._rest or self._too_long:
            self._add_line(self._rest)
            self._rest = b""

    def full(self, *, at_all: bool = False) -> Chunk | None:
        """A chunk that is as large as it may be, or `at_all` any; None while there is not enough."""
        if not self._lines or not (at_all or len(self._lines) >= LINES or self._size >= BYTES):
            return None
        count = min(LINES, sum(1 for _ in self._fitting()))
        chunk = Chunk(self.number, self._lines[:count])
        del self._lines[:count]
        self.number += count
        self._size = sum(len(line or b"") for line in self._lines)
        return chunk

    def _fitting(self) -> Iterator[None]:
        """One for each line until they are too much for a chunk; one at least."""
        size = 0
        for line in self._lines[:LINES]:
            if size >= BYTES:
                return
            size += len(line or b"")
            yield

    def _add_line(self, line: bytes) -> None:
        if not self._lines and self.number <= self.after:
            self.number += 1
        else:
            kept = None if self._too_long or len(line) > LONGEST else line
            self._lines.append(kept)
            self._size += len(kept or b"")
        self._too_long = False
