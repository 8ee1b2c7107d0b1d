"""Where an answer waits until its access record is durable: in memory while it is small, else on disk."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Final

_IN_MEMORY: Final = 2**20
_BLOCK: Final = 256 * 1024


class Spool:
    """The file has no name: nobody else can open it, and it is gone when it is closed, or the process is."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile[bytes](_IN_MEMORY)  # closed by whoever has it
        self.size = 0

    def write(self, block: bytes) -> None:
        self._file.write(block)
        self.size += len(block)

    @property
    def is_small(self) -> bool:
        return self.size <= _IN_MEMORY

    def blocks(self) -> Iterator[bytes]:
        """All that was written, once."""
        self._file.seek(0)
        while block := self._file.read(_BLOCK):
            yield block

    def close(self) -> None:
        self._file.close()
