"""`up`: from nothing, or from whatever is there, to a stack whose servers all answer."""

import asyncio
import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial


from rich.console import Console

from openward_cli import catalogue, ports, starting
from openward_cli.display import Progress
from openward_cli.failure import Failure
from openward_cli.process import Process
from openward_cli.servers import postgres
from openward_cli.stack import Service, Stack
from openward_cli.steps import Step, run
from openward_cli.supervision import journal, orphans
from openward_cli.supervision.control import Supervisor


@contextmanager
def exclusive(stack: Stack) -> Iterator[None]:
    """One `up`, `down` or `clean` of a stack at a time."""
    stack.run_dir.mkdir(parents=True, exist_ok=True)
    with (stack.run_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(
                f"Another openward command works on the stack {stack.stack!r}", "wait until it has ended"
            ) from None
        yield


def lay_out(stack: Stack) -> None:
    """Folders, secrets, configuration files and PostgreSQL's data folder: all that must be there before a process."""
    from openward_cli import gateway, provision  # noqa: PLC0415 - heavy, and only `up` needs them

    for folder in (stack.run_dir.parent, stack.run_dir, stack.data_dir):
        folder.mkdir(exist_ok=True)
        # PostgreSQL may run as another user.
        folder.chmod(0o755)
    for folder in (stack.logs_dir, stack.conf_dir, stack.secrets_dir, stack.data_dir / "ehrbase"):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
    provision.ensure_secrets(stack)
    (stack.conf_dir / "nats.conf").write_text(provision.nats_conf(stack))
    (stack.conf_dir / "envoy.yaml").write_text(gateway.render(stack))
    postgres.initialise(stack)


def supervise(stack: Stack, processes: Sequence[Process]) -> Supervisor:
    """A supervisord that knows the processes as they are to be now; those whose configuration changed are stopped."""
    supervisor = Supervisor(stack)
    running = supervisor.running()
    supervisor.configure(processes)
    if running:
        supervisor.update()
    else:
        strays = orphans.orphans(journal.spawned(journal.read(stack.logs_dir)), stack.run_dir)
        orphans.end(strays, {process.name: process.stop_signal for process in processes})
    states = supervisor.states()
    ports.require_free([p for p in processes if p.name not in states or not states[p.name].up])
    if not running:
        supervisor.launch()
    return supervisor


def steps(stack: Stack, processes: Sequence[Process], supervisor: Supervisor) -> list[Step]:
    """The order of start. What can go on at the same time does: see each step's `after`."""
    from openward_cli import prisma, provision  # noqa: PLC0415 - heavy, and only `up` needs them

    async def servers(_: Callable[[str], None]) -> str:
        await provision.provision_servers(stack)
        return "databases, roles, streams"

    async def events(_: Callable[[str], None]) -> str:
        await provision.provision_ehrbase(stack)
        return "events of EHRbase"

    async def migrations(_: Callable[[str], None]) -> str:
        await prisma.migrate(stack)
        return "schemas"

    preparing = [
        Step("provision servers", servers, frozenset({"postgres", "nats"})),
        Step("migrate databases", migrations, frozenset({"provision servers"})),
        Step("provision ehrbase", events, frozenset({"ehrbase"})),
    ]
    after = {"ehrbase": frozenset({"provision servers"})}
    for service in Service:
        needs = {"migrate databases"} | ({"provision ehrbase"} if service is Service.CLINICAL else set())
        after |= {stack.process(service, i): frozenset(needs) for i in range(stack.replicas)}
    starting = [_starts(stack, p, supervisor, after.get(p.name, frozenset())) for p in processes]
    return [*starting, *preparing]


def _starts(stack: Stack, process: Process, supervisor: Supervisor, after: frozenset[str]) -> Step:
    return Step(process.name, partial(starting.start, stack, process, supervisor), after)


def up(stack: Stack, console: Console, *, only: str = "") -> None:
    with exclusive(stack):
        lay_out(stack)
        processes = catalogue.chosen(stack, only)
        supervisor = supervise(stack, processes)
        todo = steps(stack, processes, supervisor)
        with Progress(console, [step.name for step in todo]) as progress:
            asyncio.run(run(todo, progress))
