"""What is known of a process before it runs."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Probe = Callable[[], Awaitable[None]]


class NotReady(Exception):  # noqa: N818 - an answer, not an error
    """A server does not serve yet; the text says why in a few words."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """One program under the supervisor.

    `port` is None for one that listens nowhere. `probe` returns when the server serves, else raises
    `NotReady`. `settle_seconds`: an exit sooner than
    this is a failed start. `reads`: files and folders whose content decides what the process does; when
    they change, `up` restarts it.
    """

    name: str
    command: tuple[str, ...]
    port: int | None
    probe: Probe
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 15
    settle_seconds: int = 5
    reads: tuple[Path, ...] = ()

    def digest(self) -> str:
        """Changes when, and only when, the process has to be restarted to follow its configuration."""
        seen = hashlib.sha256()
        fixed = [self.command, sorted(self.environment.items()), self.user, str(self.directory)]
        seen.update(json.dumps(fixed).encode())
        for path in _files(self.reads):
            seen.update(path.read_bytes())
        return seen.hexdigest()[:16]


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        elif path.exists():
            yield path
