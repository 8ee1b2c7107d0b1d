"""Talks to a stack's supervisord through its XML-RPC interface."""

import os
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import (  # type: ignore[import-untyped] # supervisor has no annotations
    Faults,
    SupervisorTransport,
)

from openward_cli.failure import Failure
from openward_cli.process import Process
from openward_cli.stack import Stack
from openward_cli.supervision import conf

DAEMON_SECONDS = 15.0
#: What a process may inherit from the shell; everything else it is told by its own configuration.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True)
class State:
    """What supervisord says of a process; `name` is RUNNING, STARTING, BACKOFF, FATAL, STOPPED or EXITED."""

    name: str
    pid: int
    started_at: float
    complaint: str

    @property
    def up(self) -> bool:
        return self.name in {"RUNNING", "STARTING", "BACKOFF"}


class SupervisorGone(Failure):
    """supervisord does not answer, though it did."""

    def __init__(self) -> None:
        super().__init__("supervisord has ended meanwhile", "start the stack again")


class Supervisor:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._socket = conf.socket_path(stack.run_dir)
        self._conf = stack.conf_dir / "supervisord.conf"

    def running(self) -> bool:
        return answers(self._socket)

    def configure(self, processes: Iterable[Process]) -> None:
        self._conf.write_text(conf.render(self._stack, processes))

    def launch(self) -> None:
        """Starts supervisord itself; it starts nothing until it is asked to."""
        self._socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._conf)]
        done = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
        deadline = time.monotonic() + DAEMON_SECONDS
        while done.returncode == 0 and time.monotonic() < deadline:
            if self.running():
                return
            time.sleep(0.05)
        raise Failure("supervisord does not start", "see the lines below", details=done.stderr or done.stdout)

    def update(self) -> list[str]:
        """Takes over a new configuration. Gives the names of the processes that it had to stop for that."""
        [[added, changed, removed]] = self._call("reloadConfig")
        for name in (*changed, *removed):
            self._call("stopProcessGroup", name)
            self._call("removeProcessGroup", name)
        for name in (*added, *changed):
            self._call("addProcessGroup", name)
        return [*changed, *removed]

    def states(self) -> dict[str, State]:
        """Of every process that is configured; empty when supervisord does not run."""
        try:
            infos = self._call("getAllProcessInfo")
        except (SupervisorGone, xmlrpc.client.Error):
            return {}
        return {info["name"]: _state(info) for info in infos}

    def state(self, name: str) -> State:
        """Raises SupervisorGone."""
        states = self.states()
        if not states:
            raise SupervisorGone
        return states[name]

    def up(self) -> set[str]:
        """Names of the processes that run or are about to."""
        return {name for name, state in self.states().items() if state.up}

    def start(self, name: str) -> None:
        try:
            self._call("startProcess", name, False)  # noqa: FBT003 - XML-RPC has no keywords
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != Faults.ALREADY_STARTED:
                raise

    def stop(self, name: str) -> None:
        """Returns when the process has ended."""
        try:
            self._call("stopProcess", name)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != Faults.NOT_RUNNING:
                raise

    def shut_down(self) -> None:
        self._call("shutdown")

    def pid(self) -> int:
        return int(self._call("getPID"))

    def _call(self, method: str, *arguments: object) -> Any:
        try:
            return _call(self._socket, method, *arguments)
        except (OSError, HTTPException):
            raise SupervisorGone from None


def running_stacks(root: Path) -> list[str]:
    """Names of the clone's stacks whose supervisord answers."""
    folders = sorted(path for path in (root / ".run").glob("*") if path.is_dir())
    return [folder.name for folder in folders if answers(conf.socket_path(folder))]


def answers(socket: Path) -> bool:
    try:
        return bool(_call(socket, "getState")["statename"] == "RUNNING")
    except (OSError, HTTPException, xmlrpc.client.Error):
        return False


def _call(socket: Path, method: str, *arguments: object) -> Any:
    transport = SupervisorTransport(None, None, f"unix://{socket}")
    with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
        return getattr(proxy.supervisor, method)(*arguments)


def _state(info: dict[str, Any]) -> State:
    return State(info["statename"], info["pid"], float(info["start"]), info["spawnerr"])
