"""The load generator of bench/load, compiled where it is needed, and what it says.

By `cc` if the machine has one, else by the compiler in the wheel `ziglang`.
"""

import asyncio
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from bench.packages import FOLDER, Environment

SOURCE: Final = Path(__file__).parent / "load" / "load.c"
TOOLS: Final = Environment("clinical", "bench-clinical")
_OPTIONS: Final = ("-O2", "-std=gnu11")


@dataclass(frozen=True)
class Sent:
    """One HTTP/1.1 request. `path` with its query, as it goes over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    def raw(self, host: str) -> bytes:
        length = {"Content-Length": str(len(self.body))} if self.body else {}
        lines = [f"{name}: {value}" for name, value in {"Host": host, **self.headers, **length}.items()]
        return "\r\n".join([f"{self.method} {self.path} HTTP/1.1", *lines, "", ""]).encode() + self.body


@dataclass(frozen=True)
class Outcome:
    """Of a run: `statuses` and `errors` count every request that was begun; latencies in ms."""

    begun: int
    seconds: float
    statuses: Mapping[int, int]
    errors: Mapping[str, int]
    latency_ms: Mapping[str, float]

    @classmethod
    def read(cls, text: str) -> Self:
        said = json.loads(text)
        statuses = {int(status): count for status, count in said["status"].items()}
        return cls(said["requests"], said["seconds"], statuses, said["errors"], said["latency_ms"])

    @property
    def succeeded(self) -> int:
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300)

    @property
    def failed(self) -> int:
        return self.begun - self.succeeded

    @property
    def per_second(self) -> float:
        """Of what succeeded."""
        return self.succeeded / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Pace:
    """`connections` with one request in flight on each; for `seconds` or until `count` were begun.

    `rate` is how many are begun in a second at most.
    """

    connections: int
    seconds: float = 0
    count: int = 0
    rate: float = 0

    def options(self) -> list[str]:
        numbers = {"connections": self.connections, "seconds": self.seconds, "count": self.count}
        numbers["rate"] = self.rate
        return [part for name, number in numbers.items() if number for part in (f"--{name}", str(number))]


async def load(base_url: str, requests: Iterable[Sent], pace: Pace) -> Outcome:
    """The requests in turn, over and over, to a server on this machine. Raises CalledProcessError."""
    host = urlsplit(base_url).netloc
    with tempfile.NamedTemporaryFile(suffix=".requests") as file:
        for request in requests:
            raw = request.raw(host)
            file.write(b"%d\n" % len(raw) + raw)
        file.flush()
        port = str(urlsplit(base_url).port)
        command = [str(program()), "--port", port, "--requests", file.name, *pace.options()]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Outcome.read(said.decode())


def program() -> Path:
    """Compiled once for each state of the source."""
    name = f"load-{sha256(SOURCE.read_bytes()).hexdigest()[:12]}"
    compiled = FOLDER / "load" / name
    if not compiled.exists():
        compiled.parent.mkdir(parents=True, exist_ok=True)
        unfinished = compiled.with_suffix(".new")
        subprocess.run(  # noqa: S603  our own source
            [*compiler(), *_OPTIONS, "-o", str(unfinished), str(SOURCE)], check=True
        )
        unfinished.rename(compiled)
    return compiled


def compiler() -> list[str]:
    if found := shutil.which("cc"):
        return [found]
    TOOLS.prepare()
    return [str(TOOLS.python), "-m", "ziglang", "cc"]
