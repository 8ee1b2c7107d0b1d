"""A killed supervisord is followed by a command that starts the stack again; one that is shut down is not."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from openward_cli import halt, starting
from openward_cli.process import Process
from openward_cli.servers import keeper
from openward_cli.stack import Stack
from openward_cli.supervision.control import Supervisor
from openward_servicekit.ports import free_port
from openward_testkit.supervised import ignore, launched, server, stack_at
from rich.console import Console

SILENT = Console(quiet=True)
#: What `up` does first: it ends what a killed supervisord has left, the keeper that has started it included.
END_STRAYS = """
import pathlib, sys
from openward_cli.supervision import journal, orphans
run_dir = pathlib.Path(sys.argv[1])
strays = orphans.orphans(journal.spawned(journal.read(run_dir / "logs")), run_dir)
orphans.end(strays, {})
print("ended", *sorted(entry.name for entry, _ in strays))
"""
#: As when another `openward` command has the stack's lock.
FAIL_ONCE = """
import pathlib, sys
tried = pathlib.Path(sys.argv[1], "tried")
print("again" if tried.exists() else "first")
sys.exit(0 if tried.exists() else tried.touch() or 1)
"""


async def content() -> None:
    """A probe that is."""


def kept(stack: Stack, script: str) -> Process:
    """A keeper whose command is a Python program."""
    log, program = stack.logs_dir / "keeper.log", stack.run_dir / "command.py"
    program.write_text(script)
    command = (sys.executable, str(program), str(stack.run_dir))
    return Process(
        name=keeper.NAME,
        command=(sys.executable, "-m", "openward_cli.supervision.keeper", str(log), *command),
        port=None,
        probe=content,
        directory=stack.run_dir,
        settle_seconds=0,
    )


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = stack_at(tmp_path / "run")
    yield made
    halt.stop(made, SILENT)


async def running(stack: Stack, *processes: Process) -> Supervisor:
    supervisor = launched(stack, *processes)
    for process in processes:
        await starting.start(stack, process, supervisor, ignore)
    return supervisor


async def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up
        await asyncio.sleep(0.05)


def said(stack: Stack) -> str:
    log = stack.logs_dir / "keeper.log"
    return log.read_text() if log.exists() else ""


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_after_a_killed_supervisord_the_command_ends_all_that_it_has_left(stack: Stack) -> None:
    supervisor = await running(stack, server(stack, free_port()), kept(stack, END_STRAYS))
    left = [supervisor.state(name).pid for name in ("server", keeper.NAME)]

    os.kill(supervisor.pid(), signal.SIGKILL)

    await until(lambda: "ended" in said(stack))
    assert said(stack) == "ended keeper server\n"
    assert not any(runs(pid) for pid in left)


async def test_a_command_that_is_kept_from_it_is_tried_again(stack: Stack) -> None:
    supervisor = await running(stack, kept(stack, FAIL_ONCE))
    pid = supervisor.state(keeper.NAME).pid

    os.kill(supervisor.pid(), signal.SIGKILL)

    await until(lambda: not runs(pid))
    assert said(stack) == "first\nagain\n"


async def test_a_supervisord_that_is_shut_down_is_not_followed(stack: Stack) -> None:
    supervisor = await running(stack, server(stack, free_port()), kept(stack, FAIL_ONCE))
    pid = supervisor.state(keeper.NAME).pid

    halt.stop(stack, SILENT)

    assert not runs(pid)
    assert said(stack) == ""


async def test_who_stops_the_stack_after_the_kill_also_ends_the_keeper(stack: Stack) -> None:
    supervisor = await running(stack, kept(stack, "import time; time.sleep(3); raise SystemExit(1)"))
    pid, daemon = supervisor.state(keeper.NAME).pid, supervisor.pid()
    os.kill(daemon, signal.SIGKILL)
    await until(lambda: bool(psutil.Process(pid).children()))

    halt.stop(stack, SILENT)

    assert not runs(pid)


async def test_the_keeper_of_a_stack_starts_the_same_stack_as_it_was() -> None:
    stack = Stack(stack="other", port_offset=20100, replicas=3)

    process = keeper.process(stack, ["postgres", "nats"])

    assert process.command[-5:] == (
        str(Path(sys.executable).with_name("openward")),
        "up",
        "--no-install",
        "--only",
        "postgres,nats",
    )
    assert process.environment == {
        "OPENWARD_STACK": "other",
        "OPENWARD_PORT_OFFSET": "20100",
        "OPENWARD_REPLICAS": "3",
    }
    await process.probe()
