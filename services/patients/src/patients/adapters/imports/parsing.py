"""A process that reads lines for this one: the event loop goes on answering meanwhile."""

import asyncio
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from patients.adapters.imports.preparing import Outcome, Task
from patients.adapters.imports.worker import LENGTH
from patients.domain.errors import RegistryBusy

_BUFFER = 1 << 22


class Parser:
    """One task at a time."""

    def __init__(self, process: Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("a process without pipes")
        self._tasks, self._outcomes = process.stdin, process.stdout

    async def prepare(self, task: Task) -> Outcome:
        """Raises RegistryBusy when the process has gone: nothing was done."""
        message = pickle.dumps(task, pickle.HIGHEST_PROTOCOL)
        try:
            self._tasks.writelines((len(message).to_bytes(LENGTH, "big"), message))
            await self._tasks.drain()
            length = int.from_bytes(await self._outcomes.readexactly(LENGTH), "big")
            answer = await self._outcomes.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            raise RegistryBusy from None
        return cast("Outcome", pickle.loads(answer))  # noqa: S301  from the process that we started


@asynccontextmanager
async def open_parser() -> AsyncIterator[Parser]:
    """The process lives as long as the block, and no longer than this process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "patients.adapters.imports.worker", stdin=PIPE, stdout=PIPE, limit=_BUFFER
    )
    try:
        yield Parser(process)
    finally:
        if process.returncode is None:
            process.kill()  # it holds nothing
        await process.wait()
