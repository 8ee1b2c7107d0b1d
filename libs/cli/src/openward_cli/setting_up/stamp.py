"""Remembers what a step of the setup was made from, next to what it made: they are removed together."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stamp:
    """`inputs` are files, or folders with all that is below; `also` is what is in no file, like a version."""

    file: Path
    inputs: tuple[Path, ...]
    also: str = ""

    def matches(self) -> bool:
        return self.file.exists() and self.file.read_text() == self._fingerprint()

    def remove(self) -> None:
        self.file.unlink(missing_ok=True)

    def write(self) -> None:
        self.file.write_text(self._fingerprint())

    def _fingerprint(self) -> str:
        seen = hashlib.sha256(self.also.encode())
        for path in _files(self.inputs):
            seen.update(path.name.encode() + b"\0" + path.read_bytes())
        return seen.hexdigest()


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        yield from sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else (path,)
