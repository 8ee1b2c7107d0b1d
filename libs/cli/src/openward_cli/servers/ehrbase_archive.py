"""Java's ahead-of-time cache for EHRbase (JEP 514), made once after each build: it halves its start.

A second EHRbase is started on the stack's database, reads a little and ends; Java writes down what it loaded.
"""

import asyncio
import os
import socket
import time
from pathlib import Path

from openward_cli.failure import Failure
from openward_cli.process import NotReady
from openward_cli.servers import ehrbase
from openward_cli.stack import Stack
from openward_cli.steps import Report

READY_SECONDS = 180.0
WRITE_SECONDS = 300.0


def is_current(stack: Stack) -> bool:
    archive = ehrbase.archive(stack)
    newest = max(ehrbase.jar(stack).stat().st_mtime, ehrbase.java().stat().st_mtime)
    return archive.exists() and archive.stat().st_mtime >= newest


async def make(stack: Stack, report: Report) -> str:
    if is_current(stack):
        return "as it was"
    unfinished = ehrbase.archive(stack).with_suffix(f".{os.getpid()}")
    try:
        await _train(stack, unfinished, report)
        unfinished.replace(ehrbase.archive(stack))
    finally:
        unfinished.unlink(missing_ok=True)
    return "made once; the next start of EHRbase is faster"


async def _train(stack: Stack, archive: Path, report: Report) -> None:
    port = _free_port()
    home = stack.data_dir / "ehrbase"
    log = stack.logs_dir / "ehrbase-archive.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *ehrbase.command(stack, home, f"-XX:AOTCacheOutput={archive}"),
            cwd=home,
            env={**ehrbase.environment(stack, port), "PATH": os.environ["PATH"]},
            stdout=out,
            stderr=out,
        )
    try:
        report("starts EHRbase a second time")
        await _ready(stack, port, process)
        report("Java writes the archive")
        process.terminate()
        await asyncio.wait_for(process.wait(), WRITE_SECONDS)
    except TimeoutError:
        raise Failure("EHRbase's class archive could not be made", f"see {log}") from None
    finally:
        if process.returncode is None:
            process.kill()


async def _ready(stack: Stack, port: int, process: asyncio.subprocess.Process) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.returncode is None and time.monotonic() < deadline:
        try:
            return await ehrbase.probe(stack, port)()
        except NotReady:
            await asyncio.sleep(0.3)
    raise TimeoutError


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
