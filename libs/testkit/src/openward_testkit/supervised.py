"""A stack in a folder of its own, under a real supervisord, of programs that start at once."""

import sys
from functools import cached_property
from pathlib import Path

from openward_cli import probes
from openward_cli.process import Process
from openward_cli.stack import Stack
from openward_cli.supervision.control import Supervisor

_SERVER = (
    "import http.server, sys; http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]))"
)


class StackAt(Stack):
    """A stack that lives where the test wants it."""

    home: Path

    @cached_property
    def run_dir(self) -> Path:
        return self.home


def stack_at(folder: Path) -> Stack:
    """With the folders that supervisord needs; whoever starts it there stops it."""
    made = StackAt(stack="probe", port_offset=0, home=folder)
    for needed in (made.logs_dir, made.conf_dir):
        needed.mkdir(parents=True)
    return made


def server(stack: Stack, port: int, name: str = "server", **environment: str) -> Process:
    return Process(
        name=name,
        command=(sys.executable, "-c", _SERVER, str(port)),
        port=port,
        probe=probes.web(port, "/"),
        directory=stack.run_dir,
        environment=environment,
        settle_seconds=1,
    )


def launched(stack: Stack, *processes: Process) -> Supervisor:
    """A supervisord that knows the processes and has started none."""
    supervisor = Supervisor(stack)
    supervisor.configure(processes)
    supervisor.launch()
    return supervisor


def ignore(doing: str, share: float | None = None) -> None:
    """A report that nobody reads."""
    assert doing
    assert share is None
