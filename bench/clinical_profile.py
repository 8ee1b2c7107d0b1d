"""Whose code the CPU time of a clinical process goes to, by sampling it from outside (py-spy)."""

import asyncio
import re
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from bench.clinical_load import TOOLS

_SAMPLES_PER_SECOND: Final = 250
_FRAME: Final = re.compile(r".* \((?P<file>.*?):\d+\)$")
_PACKAGE: Final = re.compile(r"/site-packages/([A-Za-z0-9_]+)|/(openward_\w+|clinical)/")
OWN: Final = "own"
LOOP: Final = "event loop, sockets, HTTP parser"


async def profile(pid: int, seconds: float) -> dict[str, float]:
    """Shares of the CPU time by package; standard library and C code count for who called them.

    `own` is this project's code; what the event loop does without Python (uvloop, httptools, system calls) is
    `LOOP`. Raises CalledProcessError, where the kernel forbids looking into other processes too.
    """
    TOOLS.prepare()
    command = [str(TOOLS.python.with_name("py-spy")), "record", "--format", "raw", "--full-filenames"]
    command += ["--rate", str(_SAMPLES_PER_SECOND), "--duration", str(round(seconds)), "--pid", str(pid)]
    folded = TOOLS.folder / f"{pid}.folded"
    process = await asyncio.create_subprocess_exec(
        *command, "--output", str(folded), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    if await process.wait():
        raise subprocess.CalledProcessError(process.returncode or 1, command)
    return shares(folded.read_text())


def shares(folded: str) -> dict[str, float]:
    """Of lines `frame;frame;… count`, the outermost frame first; threads that wait for work do not count."""
    samples: Counter[str] = Counter()
    for line in folded.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        if not frames[-1].partition(" (")[2].rpartition(":")[0].endswith("/threading.py"):
            samples[_payer(frames)] += int(count)
    total = samples.total() or 1
    return {name: count / total for name, count in samples.most_common()}


def _payer(frames: Sequence[str]) -> str:
    """The package of the innermost frame that is of one."""
    for frame in reversed(frames):
        match = _FRAME.match(frame)
        package = _package(match["file"]) if match else ""
        if package:
            return LOOP if _is_main(frame) else package
    return LOOP


def _is_main(frame: str) -> bool:
    """What a process begins with; below it the loop runs, whose own code is not Python."""
    return "/uvicorn/server.py" in frame or "/uvicorn/_compat.py" in frame or "/serve.py" in frame


def _package(file: str) -> str:
    found = _PACKAGE.search(file)
    if not found:
        return ""
    return found[1] or OWN


def as_ms(found: Mapping[str, float], total_ms: float) -> dict[str, float]:
    return {name: round(share * total_ms, 3) for name, share in found.items()}
