"""`status`: what each process does, for how long, in how much memory; ready by its own word or why not."""

import asyncio
import time
from dataclasses import dataclass

import psutil
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openward_cli import catalogue
from openward_cli.process import NotReady, Process
from openward_cli.servers import keeper
from openward_cli.stack import Service, Stack
from openward_cli.supervision import journal
from openward_cli.supervision.control import State, Supervisor

MIB = 1 << 20
NOT_STARTED = "not started"
_COLUMNS = ("process", "state", "uptime", "memory", "restarts", "port", "ready")


@dataclass(frozen=True)
class Line:
    """`why_not` is None when the process is ready."""

    name: str
    state: str
    uptime: float
    memory: int
    restarts: int
    port: int | None
    why_not: str | None


def status(stack: Stack, console: Console) -> bool:
    """True when everything that was started is ready."""
    states = Supervisor(stack).states()
    if not states:
        console.print(f"The stack {stack.stack!r} does not run; `make up` starts it.", highlight=False)
        return False
    # As many as run, whatever the environment of this command says.
    replicas = 1 + sum(name.startswith(f"{Service.PATIENTS}-") for name in states)
    servers = catalogue.everything(stack.model_copy(update={"replicas": replicas}))
    processes = [*servers, keeper.process(stack)]
    lines = asyncio.run(_lines(stack, [p for p in processes if p.name in states], states))
    console.print(table(lines))
    return all(line.why_not is None for line in lines if line.state != NOT_STARTED)


async def _lines(stack: Stack, processes: list[Process], states: dict[str, State]) -> list[Line]:
    ended = journal.restarts(journal.read(stack.logs_dir))
    why_not = await asyncio.gather(*(_why_not(process, states[process.name]) for process in processes))
    return [
        _line(process, states[process.name], ended[process.name], why)
        for process, why in zip(processes, why_not, strict=True)
    ]


def _line(process: Process, state: State, restarts: int, why_not: str | None) -> Line:
    uptime = time.time() - state.started_at if state.pid else 0.0
    said = state.name if state.started_at else NOT_STARTED
    return Line(process.name, said, uptime, _memory(state.pid), restarts, process.port, why_not)


async def _why_not(process: Process, state: State) -> str | None:
    if not state.pid:
        return state.complaint or state.name.lower()
    try:
        await process.probe()
    except NotReady as why:
        return str(why)
    return None


def table(lines: list[Line]) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name in _COLUMNS:
        shown.add_column(name, justify="right" if name in {"memory", "restarts", "port"} else "left")
    for line in lines:
        ready = Text("ready", "green") if line.why_not is None else Text(line.why_not, "red")
        if line.state == NOT_STARTED:
            ready = Text()
        memory = f"{line.memory // MIB} MB" if line.memory else ""
        restarts = Text(str(line.restarts), "yellow" if line.restarts else "")
        state = line.state.lower()
        shown.add_row(line.name, state, duration(line.uptime), memory, restarts, str(line.port or ""), ready)
    return shown


def duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _memory(pid: int) -> int:
    """Of the process and its children; on Linux what they share is counted once."""
    if not pid:
        return 0
    try:
        parent = psutil.Process(pid)
        return sum(_own(process) for process in (parent, *parent.children(recursive=True)))
    except psutil.Error:
        return 0


def _own(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(full, "pss", full.rss))
