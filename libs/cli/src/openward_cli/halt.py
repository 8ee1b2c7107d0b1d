"""`down` stops a stack; `clean` also removes it."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
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
    """Ends the processes, the servers last, or those that a killed supervisord left."""
    supervisor = Supervisor(stack)
    if supervisor.running():
        daemon = psutil.Process(supervisor.pid())
        _stop_users(supervisor)
        supervisor.shut_down()
        _await_end(daemon)
        console.print(f"The stack {stack.stack!r} is stopped; its data stays.")
        return
    ended = end_strays(stack)
    left = (
        f"Ended what was left: {', '.join(ended)}." if ended else f"The stack {stack.stack!r} does not run."
    )
    console.print(left)


def _stop_users(supervisor: Supervisor) -> None:
    """Who uses a server ends before it: a service that drains still needs its database."""
    states = supervisor.states()
    users = [name for name in states if name not in catalogue.INFRASTRUCTURE and states[name].up]
    with ThreadPoolExecutor(max_workers=max(1, len(users))) as together:
        list(together.map(supervisor.stop, users))


def end_strays(stack: Stack) -> list[str]:
    """Names of the processes that had lost their supervisord and are ended now."""
    strays = orphans.orphans(journal.spawned(journal.read(stack.logs_dir)), stack.run_dir)
    # Who uses a server ends before it, and so can finish what it has begun.
    for is_used in (False, True):
        wave = [stray for stray in strays if (stray[0].name in catalogue.INFRASTRUCTURE) is is_used]
        orphans.end(wave, catalogue.STOP_SIGNALS)
    return [entry.name for entry, _ in strays]


def clean(stack: Stack, console: Console) -> None:
    """Removes all that the stack has left, in the clone and outside of it, and says what that was."""
    folders = [path for path in _folders(stack) if path.exists()]
    if not folders:
        console.print(f"The stack {stack.stack!r} has left nothing.")
        return
    if stack.run_dir.exists():
        with exclusive(stack):
            stop(stack, console)
    for folder in folders:
        size = sum(path.lstat().st_size for path in folder.rglob("*"))
        shutil.rmtree(folder)
        console.print(f"Removed {folder} ({size / 1e6:.0f} MB: data, logs, secrets).", soft_wrap=True)


def _folders(stack: Stack) -> list[Path]:
    socket = conf.socket_path(stack.run_dir).parent
    outside = [] if socket.is_relative_to(stack.run_dir) else [socket]
    return [stack.run_dir, account.elsewhere(stack), *outside]


def _await_end(daemon: psutil.Process) -> None:
    try:
        daemon.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        what = f"supervisord (process {daemon.pid}) still runs after {STOP_SECONDS:.0f} s"
        raise Failure(what, "see its log, supervisord.log, for what does not end") from None
