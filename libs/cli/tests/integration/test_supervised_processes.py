"""A real supervisord with small processes: what `up` and `down` rely on."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from openward_cli import catalogue, halt, launch, probes, starting
from openward_cli.failure import Failure
from openward_cli.process import Process
from openward_cli.stack import Stack
from openward_cli.supervision import journal, orphans
from openward_servicekit.ports import free_port
from openward_testkit.supervised import ignore, launched, server, stack_at
from rich.console import Console

SILENT = Console(quiet=True)


def crashing(stack: Stack) -> Process:
    return Process(
        name="crashing",
        command=(sys.executable, "-c", "print('the port is not mine'); raise SystemExit(3)"),
        port=1,
        probe=probes.web(1, "/"),
        directory=stack.run_dir,
        settle_seconds=1,
    )


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = stack_at(tmp_path / "run")
    yield made
    halt.stop(made, SILENT)


async def test_a_process_is_started_when_asked_and_not_before(stack: Stack) -> None:
    process = server(stack, free_port())
    supervisor = launched(stack, process)
    before = supervisor.states()["server"]

    outcome = await starting.start(stack, process, supervisor, ignore)

    assert before.name == "STOPPED"
    assert supervisor.states()["server"].up
    assert outcome == f"port {process.port}"


async def test_a_process_that_runs_is_left_alone(stack: Stack) -> None:
    process = server(stack, free_port())
    supervisor = launched(stack, process)
    await starting.start(stack, process, supervisor, ignore)
    pid = supervisor.states()["server"].pid

    outcome = await starting.start(stack, process, supervisor, ignore)

    assert outcome.endswith("was already running")
    assert supervisor.states()["server"].pid == pid


async def test_a_process_that_ends_at_its_start_is_told_with_its_last_words(stack: Stack) -> None:
    process = crashing(stack)
    supervisor = launched(stack, process)

    with pytest.raises(Failure, match="crashing ends right after its start") as caught:
        await starting.start(stack, process, supervisor, ignore)

    assert "the port is not mine" in caught.value.details
    assert not supervisor.states()["crashing"].up


async def test_a_killed_process_comes_back_and_is_counted(stack: Stack) -> None:
    process = server(stack, free_port())
    supervisor = launched(stack, process)
    await starting.start(stack, process, supervisor, ignore)
    await asyncio.sleep(process.settle_seconds + 0.5)
    killed = supervisor.states()["server"].pid

    os.kill(killed, signal.SIGKILL)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(killed).wait(30)
    await starting.start(stack, process, supervisor, ignore)

    assert supervisor.states()["server"].pid != killed
    assert journal.restarts(journal.read(stack.logs_dir))["server"] == 1


async def test_a_new_configuration_stops_what_it_changes_and_nothing_else(stack: Stack) -> None:
    port = free_port()
    first, other = server(stack, port), crashing(stack)
    supervisor = launched(stack, first, other)
    await starting.start(stack, first, supervisor, ignore)

    supervisor.configure([first, other])
    unchanged = supervisor.update()
    supervisor.configure([server(stack, port, GREETING="new"), other])

    assert unchanged == []
    assert supervisor.update() == ["server"]
    assert supervisor.states()["server"].name == "STOPPED"


async def test_a_choice_starts_nothing_else_again_that_has_changed_and_did_not_run(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = {name: free_port() for name in ("chosen", "other", "idle")}

    async def choose(only: str, release: str) -> set[str]:
        known = [server(stack, port, name, RELEASE=release) for name, port in ports.items()]
        monkeypatch.setattr(catalogue, "everything", lambda _stack: known)
        supervisor, processes = launch.supervise(stack, only)
        for process in processes:
            await starting.start(stack, process, supervisor, ignore)
        return supervisor.up() & ports.keys()

    assert await choose("chosen,other", "1") == {"chosen", "other"}
    assert await choose("chosen", "2") == {"chosen", "other"}


async def test_what_a_killed_supervisord_leaves_is_found_and_ended(stack: Stack) -> None:
    process = server(stack, free_port())
    supervisor = launched(stack, process)
    await starting.start(stack, process, supervisor, ignore)
    pid = supervisor.states()["server"].pid

    os.kill(supervisor.pid(), signal.SIGKILL)
    found = orphans.orphans(journal.spawned(journal.read(stack.logs_dir)), stack.run_dir)
    ended = halt.end_strays(stack)

    assert [entry.pid for entry, _ in found] == [pid]
    assert ended == ["server"]
    with contextlib.suppress(psutil.NoSuchProcess):
        assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_a_stopped_stack_leaves_no_process(stack: Stack) -> None:
    process = server(stack, free_port())
    supervisor = launched(stack, process)
    await starting.start(stack, process, supervisor, ignore)
    pid, daemon = supervisor.states()["server"].pid, supervisor.pid()

    halt.stop(stack, SILENT)

    assert not psutil.pid_exists(pid)
    assert not psutil.pid_exists(daemon)
    assert not supervisor.running()
