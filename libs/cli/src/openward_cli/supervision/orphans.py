"""Processes of a stack whose supervisord was killed.

They hold the stack's ports and data, so the next start ends them first. A process id may long belong to
somebody else: a process is ours when supervisord recorded its id, it began at the recorded time, and its
command line or environment names the stack's folder.
"""

import contextlib
import os
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

from openward_cli.supervision.journal import Spawned

#: Between the fork and supervisord's line about it, on a busy machine.
CLOCK_SECONDS = 3.0
END_SECONDS = 15.0


def orphans(recorded: Iterable[Spawned], run_dir: Path) -> list[tuple[Spawned, psutil.Process]]:
    latest = {entry.pid: entry for entry in recorded}
    found = []
    for entry in latest.values():
        try:
            process = psutil.Process(entry.pid)
            if is_ours(entry, process.create_time(), _words(process), run_dir):
                found.append((entry, process))
        except psutil.Error:
            continue
    return found


def is_ours(entry: Spawned, created_at: float, words: Iterable[str], run_dir: Path) -> bool:
    return abs(created_at - entry.at) <= CLOCK_SECONDS and any(str(run_dir) in word for word in words)


def end(found: Iterable[tuple[Spawned, psutil.Process]], signals: Mapping[str, str]) -> None:
    """By each process' own stop signal first, by KILL for what is left after a while."""
    processes = []
    for entry, process in found:
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended by itself
            # The keeper has this very command as a child.
            children = [child for child in process.children(recursive=True) if child.pid != os.getpid()]
            process.send_signal(signal.Signals[f"SIG{signals.get(entry.name, 'TERM')}"])
            processes += [process, *children]
    _, alive = psutil.wait_procs(processes, timeout=END_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=END_SECONDS)


def _words(process: psutil.Process) -> list[str]:
    words = process.cmdline()
    try:
        return words + [f"{name}={value}" for name, value in process.environ().items()]
    except psutil.AccessDenied:
        return words
