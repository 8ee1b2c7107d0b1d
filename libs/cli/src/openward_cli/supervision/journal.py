"""What supervisord wrote about its processes: how often each ended unasked, and their process ids."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_LINE = re.compile(r"^(?P<at>[-\d]+ [:\d]+),(?P<ms>\d+) \w+ (?P<text>.*)$")
_SPAWNED = re.compile(r"^spawned: '(?P<name>[^']+)' with pid (?P<pid>\d+)$")
_EXITED = re.compile(r"^exited: (?P<name>\S+) \(")


@dataclass(frozen=True)
class Spawned:
    name: str
    pid: int
    at: float


def restarts(journal: str) -> Counter[str]:
    """Ends that nobody asked for, by process, since supervisord was started."""
    lines = [match["text"] for line in journal.splitlines() if (match := _LINE.match(line))]
    started = max((i for i, text in enumerate(lines) if text.startswith("supervisord started")), default=0)
    return Counter(match["name"] for text in lines[started:] if (match := _EXITED.match(text)))


def spawned(journal: str) -> list[Spawned]:
    """Every process that supervisord ever started, oldest first."""
    found = []
    for line in journal.splitlines():
        if (entry := _LINE.match(line)) and (match := _SPAWNED.match(entry["text"])):
            at = datetime.strptime(entry["at"], "%Y-%m-%d %H:%M:%S").astimezone().timestamp()
            found.append(Spawned(match["name"], int(match["pid"]), at + int(entry["ms"]) / 1000))
    return found


def read(logs: Path) -> str:
    """The rotated file too, so that a rotation loses nothing that is asked for."""
    files = (logs / "supervisord.log.1", logs / "supervisord.log")
    return "".join(file.read_text(errors="replace") for file in files if file.exists())
