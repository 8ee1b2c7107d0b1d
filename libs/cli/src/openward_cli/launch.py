"""`up`: from nothing, or from whatever is there, to a stack whose servers all answer."""

import asyncio
from collections.abc import Sequence
from functools import partial

from rich.console import Console

from openward_cli import catalogue, halt, ports, starting
from openward_cli.display import Progress
from openward_cli.doctor import machine
from openward_cli.lock import exclusive
from openward_cli.process import Process
from openward_cli.servers import ehrbase_archive, keeper, postgres
from openward_cli.setting_up.plan import setup
from openward_cli.stack import Service, Stack
from openward_cli.steps import Report, Step, run
from openward_cli.supervision.control import Supervisor

SECRETS, PROVISION, CAPTURE = "secrets", "provision servers", "provision ehrbase"
ARCHIVE = "archive of ehrbase"


def up(stack: Stack, console: Console, *, only: str = "", install: bool = True) -> None:
    machine.require_room(stack.root)
    with exclusive(stack):
        if install:
            setup(stack, console, quiet=True)
        lay_out(stack)
        supervisor, processes = supervise(stack, only)
        todo = steps(stack, processes, supervisor)
        with Progress(console, [step.name for step in todo]) as progress:
            asyncio.run(run(todo, progress))
    if not only:
        console.print(f"The stack {stack.stack!r} is ready: {stack.gateway_url}", highlight=False)


def lay_out(stack: Stack) -> None:
    """Folders, secrets, configuration, PostgreSQL's data: all that must be there before a process."""
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


def supervise(stack: Stack, only: str) -> tuple[Supervisor, list[Process]]:
    """A supervisord that knows every process as it is to be now, and the processes that are to be brought up.

    Those are the chosen ones, and those that ran and were stopped because their configuration has changed.
    """
    servers = catalogue.everything(stack)
    chosen = set(catalogue.chosen(servers, only))
    supervisor = Supervisor(stack)
    running, before = supervisor.running(), supervisor.up()
    if not running:
        halt.end_strays(stack)
    kept = [server.name for server in servers if server.name in chosen | before]
    known = [*servers, keeper.process(stack, kept)]
    supervisor.configure(known)
    changed = set(supervisor.update()) if running else set()
    wanted = {*chosen, keeper.NAME, *(changed & before)}
    processes = [process for process in known if process.name in wanted]
    up = supervisor.up()
    ports.require_free(process for process in processes if process.name not in up)
    if not running:
        supervisor.launch()
    return supervisor, processes


def steps(stack: Stack, processes: Sequence[Process], supervisor: Supervisor) -> list[Step]:
    """The order of start. What can go on at the same time does."""
    after = {"ehrbase": {PROVISION}}
    for service in Service:
        needs = {PROVISION, CAPTURE} if service is Service.CLINICAL else {PROVISION}
        after |= {stack.process(service, i): needs for i in range(stack.replicas)}
    todo = [
        Step(p.name, partial(starting.start, stack, p, supervisor), frozenset(after.get(p.name, set())))
        for p in processes
    ]
    names = {process.name for process in processes}
    if {"postgres", "nats"} <= names:
        todo.append(Step(PROVISION, partial(_provision, stack), frozenset({"postgres", "nats"})))
    if "ehrbase" in names:
        todo.append(Step(CAPTURE, partial(_capture, stack), frozenset({"ehrbase"})))
        if not ehrbase_archive.is_current(stack):
            # Last, because nobody waits for it.
            everything = frozenset(step.name for step in todo)
            todo.append(Step(ARCHIVE, partial(ehrbase_archive.make, stack), everything))
    return todo


async def _provision(stack: Stack, _: Report) -> str:
    from openward_cli import provision  # noqa: PLC0415

    await provision.provision_servers(stack)
    return "streams, roles, databases, tables"


async def _capture(stack: Stack, _: Report) -> str:
    from openward_cli import provision  # noqa: PLC0415

    await provision.provision_ehrbase(stack)
    return "events of EHRbase"


def provision(stack: Stack, console: Console) -> None:
    """The provision steps alone, on servers that run."""
    todo = [
        Step(SECRETS, partial(_secrets, stack)),
        Step(PROVISION, partial(_provision, stack), frozenset({SECRETS})),
        Step(CAPTURE, partial(_capture, stack), frozenset({PROVISION})),
    ]
    with Progress(console, [step.name for step in todo]) as progress:
        asyncio.run(run(todo, progress))


async def _secrets(stack: Stack, _: Report) -> str:
    from openward_cli import provision  # noqa: PLC0415

    provision.ensure_secrets(stack)
    return "those that were missing"
