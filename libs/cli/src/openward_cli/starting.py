"""Starts one process and waits until it serves, or until it is clear that it will not."""

import asyncio
import time
from pathlib import Path

from openward_cli.failure import Failure
from openward_cli.process import NotReady, Process
from openward_cli.stack import Stack
from openward_cli.steps import Report
from openward_cli.supervision.control import State, Supervisor

#: A cold EHRbase on a busy machine that also runs its migrations.
READY_SECONDS = 180.0
POLL_SECONDS = 0.15
#: More than one, because the shared memory of a killed PostgreSQL is in use for a moment.
STARTS = 2
LOG_LINES = 15


async def start(stack: Stack, process: Process, supervisor: Supervisor, report: Report) -> str:
    state = supervisor.state(process.name)
    if not state.up:
        supervisor.start(process.name)
    await _ready(stack, process, supervisor, report)
    words = [f"port {process.port}"] if process.port else []
    words += ["was already running"] if state.up else []
    return ", ".join(words) or "started"


async def _ready(stack: Stack, process: Process, supervisor: Supervisor, report: Report) -> None:
    starts: set[float] = set()
    deadline = time.monotonic() + READY_SECONDS
    while True:
        state = supervisor.state(process.name)
        starts.add(state.started_at)
        if state.name in {"FATAL", "EXITED"} or len(starts) > STARTS:
            supervisor.stop(process.name)
            raise ended(stack, process, state)
        try:
            return await process.probe()
        except NotReady as why:
            report(str(why))
            if time.monotonic() > deadline:
                raise silent(process, str(why)) from None
        await asyncio.sleep(POLL_SECONDS)


def ended(stack: Stack, process: Process, state: State) -> Failure:
    log = stack.logs_dir / f"{process.name}.log"
    # supervisord's own words help only where it could not run the program at all.
    why = "" if state.complaint.startswith("Exited") or not state.complaint else f" ({state.complaint})"
    return Failure(
        f"{process.name} ends right after its start{why}",
        f"see the lines above, from {log}",
        details=tail(log),
    )


def silent(process: Process, why: str) -> Failure:
    return Failure(
        f"{process.name} is not ready after {READY_SECONDS:.0f} s ({why})",
        f"see `openward logs {process.name}`",
    )


def tail(log: Path, lines: int = LOG_LINES) -> str:
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
