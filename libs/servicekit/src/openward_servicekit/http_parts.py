"""A large request body, sent block by block from where it lies: no second copy of it, none in the socket."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

BLOCK: Final = 64 * 1024

Parts = Sequence[bytes | memoryview]
"""What makes a body, one after the other."""


class Blocks:
    """The parts as httpx takes them, as often as it asks: a request may be sent again."""

    def __init__(self, parts: Parts) -> None:
        self._views = [memoryview(part) for part in parts]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for view in self._views:
            for start in range(0, len(view), BLOCK):
                yield bytes(view[start : start + BLOCK])


def content_of(parts: Parts) -> tuple[bytes | Blocks, dict[str, str]]:
    """`content` for httpx, and the headers that belong to it."""
    size = sum(map(len, parts))
    if size <= BLOCK:
        return b"".join(parts), {}
    return Blocks(parts), {"Content-Length": str(size)}
