"""A command of a check: quiet while it runs, shown in full when it fails."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from openward_cli.failure import Failure


def tool(name: str) -> str:
    """A program of the project's own environment."""
    return str(Path(sys.executable).with_name(name))


async def passes(*command: str, directory: Path, environment: Mapping[str, str] | None = None) -> None:
    """Raises `Failure` with what the command wrote when it does not end with 0."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        env={**os.environ, **(environment or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise Failure(
            f"{Path(command[0]).name} ended with status {process.returncode}",
            "see what it said",
            details=output.decode(errors="replace").strip(),
        )
