"""Runs a tool and reads along, so that its progress can be shown."""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from pathlib import Path

from openward_cli.failure import Failure

KEPT_LINES = 15
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


async def run(
    *command: str | Path,
    directory: Path,
    remedy: str,
    each_line: Callable[[str], None] = lambda _: None,
) -> None:
    """Raises `Failure` with the end of what the tool wrote when it does not end well."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=1 << 20,
    )
    last: deque[str] = deque(maxlen=KEPT_LINES)
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        async for raw in process.stdout:
            line = _COLOUR.sub("", raw.decode(errors="replace")).strip()
            if line:
                last.append(line)
                each_line(line)
        status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
    if status:
        name = Path(command[0]).name
        raise Failure(f"{name} ended with status {status}", remedy, details="\n".join(last))
