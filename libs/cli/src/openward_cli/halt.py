"""`down` and `clean`."""

import time

from rich.console import Console

from openward_cli.failure import Failure
from openward_cli.launch import exclusive
from openward_cli.stack import Stack
from openward_cli.supervision.control import Supervisor

STOP_SECONDS = 60.0


def down(stack: Stack, console: Console) -> None:
    with exclusive(stack):
        stop(stack, console)


def stop(stack: Stack, console: Console) -> None:
    """supervisord ends its processes in the reverse order of their start, then itself."""
    supervisor = Supervisor(stack)
    if not supervisor.running():
        console.print(f"The stack {stack.stack!r} does not run.")
        return
    supervisor.shut_down()
    deadline = time.monotonic() + STOP_SECONDS
    while supervisor.states():
        if time.monotonic() > deadline:
            raise Failure(f"supervisord still runs after {STOP_SECONDS:.0f} s", "see `openward status`")
        time.sleep(0.1)
    console.print(f"The stack {stack.stack!r} is stopped; its data is kept in {stack.run_dir}.")
