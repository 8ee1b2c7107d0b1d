"""SIGKILL to processes of a running stack, and the wait until they are healed."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil
from openward_cli import catalogue
from openward_cli.environment import USES_PRISMA_CLIENT
from openward_cli.process import NotReady, Process
from openward_cli.servers import keeper
from openward_cli.stack import Service, Stack
from openward_cli.supervision.control import Supervisor

SUPERVISORD = "supervisord"
#: After the name of a service's process: the Prisma engine that it has started.
ENGINE = "/engine"
#: What a service says of its readiness may be a second old, and so of before the kill.
_STALE_SECONDS = 1.2


@dataclass(frozen=True)
class Killed:
    """`pids` are what they were, by name."""

    stack: Stack
    pids: Mapping[str, int]

    async def healed(self, seconds: float = 400) -> None:
        """Each runs again and the whole stack is ready; AssertionError when not after so many seconds."""
        servers = catalogue.everything(self.stack)
        give_up, ready_since = time.monotonic() + seconds, float("inf")
        while time.monotonic() < ready_since + _STALE_SECONDS:
            if why := await self._why_not(servers):
                ready_since = float("inf")
                assert time.monotonic() < give_up, f"not healed after {seconds} s: {why}"
            else:
                ready_since = min(ready_since, time.monotonic())
            await asyncio.sleep(0.2)

    async def _why_not(self, servers: list[Process]) -> str:
        pids = await asyncio.to_thread(lambda: {name: pid_of(self.stack, name) for name in self.pids})
        if gone := [name for name, pid in pids.items() if pid in (0, self.pids[name])]:
            return f"{', '.join(gone)} not started again"
        answers = await asyncio.gather(*(_unready(server) for server in servers))
        return ", ".join(answer for answer in answers if answer)


def killable(stack: Stack) -> list[str]:
    """Every process of a stack, Prisma's engines too; at last supervisord, which takes all others along."""
    replicas = [(service, stack.process(service, i)) for service in Service for i in range(stack.replicas)]
    engines = [name + ENGINE for service, name in replicas if service in USES_PRISMA_CLIENT]
    services = [name for _, name in replicas]
    return [*catalogue.INFRASTRUCTURE, "gateway", *services, *engines, keeper.NAME, SUPERVISORD]


def kill(stack: Stack, *names: str) -> Killed:
    """All at once."""
    pids = {name: pid_of(stack, name) for name in names}
    assert all(pids.values()), f"not all of them run: {pids}"
    for pid in pids.values():
        os.kill(pid, signal.SIGKILL)
    return Killed(stack, pids)


def pid_of(stack: Stack, name: str) -> int:
    """0 when it does not run."""
    supervisor = Supervisor(stack)
    if name == SUPERVISORD:
        return supervisor.pid() if supervisor.running() else 0
    process = name.removesuffix(ENGINE)
    states = supervisor.states()
    pid = states[process].pid if process in states else 0
    return pid if process == name else _engine_of(pid)


def _engine_of(pid: int) -> int:
    try:
        children = psutil.Process(pid).children() if pid else []
        return next((child.pid for child in children if child.name() == "node"), 0)
    except psutil.Error:
        return 0


async def _unready(server: Process) -> str:
    try:
        await server.probe()
    except NotReady as why:
        return f"{server.name}: {why}"
    return ""
