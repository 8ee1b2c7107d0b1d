"""`down` stops a stack; `clean` also removes it."""

import shutil
import time
from pathlib import Path

from rich.console import Console

from openward_cli import catalogue
from openward_cli.failure import Failure
from openward_cli.lock import exclusive
from openward_cli.servers import account
from openward_cli.stack import Stack
from openward_cli.supervision import conf, journal, orphans
from openward_cli.supervision.control import Supervisor

STOP_SECONDS = 60.0


def down(stack: Stack, console: Console) -> None:
    if not stack.run_dir.exists():
        console.print(f"The stack {stack.stack!r} does not run.")
        return
    with exclusive(stack):
        stop(stack, console)


def stop(stack: Stack, console: Console) -> None:
    """Ends the processes in the reverse order of their start, or those that a killed supervisord left."""
    supervisor = Supervisor(stack)
    if supervisor.running():
        supervisor.shut_down()
        _await_end(supervisor)
        console.print(f"The stack {stack.stack!r} is stopped; its data stays.")
        return
    ended = end_strays(stack)
    left = (
        f"Ended what was left: {', '.join(ended)}." if ended else f"The stack {stack.stack!r} does not run."
    )
    console.print(left)


def end_strays(stack: Stack) -> list[str]:
    """Names of the processes that had lost their supervisord and are ended now."""
    strays = orphans.orphans(journal.spawned(journal.read(stack.logs_dir)), stack.run_dir)
    if strays:
        orphans.end(strays, catalogue.STOP_SIGNALS)
    return [entry.name for entry, _ in strays]


def clean(stack: Stack, console: Console) -> None:
    folders = [
        path for path in (stack.run_dir, account.elsewhere(stack), _socket_folder(stack)) if path.exists()
    ]
    if not folders:
        console.print(f"The stack {stack.stack!r} has left nothing.")
        return
    if stack.run_dir.exists():
        with exclusive(stack):
            stop(stack, console)
    for folder in folders:
        size = sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_symlink())
        shutil.rmtree(folder)
        console.print(f"Removed {folder} ({size / 1e6:.0f} MB: data, logs, secrets).", soft_wrap=True)


def _socket_folder(stack: Stack) -> Path:
    return conf.socket_path(stack.run_dir).parent


def _await_end(supervisor: Supervisor) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while supervisor.states():
        if time.monotonic() > deadline:
            raise Failure(f"supervisord still runs after {STOP_SECONDS:.0f} s", "see `make status`")
        time.sleep(0.1)
