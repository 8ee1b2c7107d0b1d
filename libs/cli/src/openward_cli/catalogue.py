"""Every process of a stack."""

from openward_cli.failure import Failure
from openward_cli.process import Process
from openward_cli.servers import ehrbase, envoy, identity, nats, postgres, service
from openward_cli.stack import Service, Stack

INFRASTRUCTURE = ("postgres", "nats", "identity", "ehrbase")


def infrastructure(stack: Stack) -> list[Process]:
    return [postgres.process(stack), nats.process(stack), identity.process(stack), ehrbase.process(stack)]


def services(stack: Stack) -> list[Process]:
    return [service.process(stack, name, i) for name in Service for i in range(stack.replicas)]


def everything(stack: Stack) -> list[Process]:
    return [*infrastructure(stack), *services(stack), envoy.process(stack)]


def chosen(stack: Stack, only: str) -> list[Process]:
    """All for an empty choice; else those that `only` names, separated by commas, and `infrastructure` for four."""
    if not only:
        return everything(stack)
    if only == "infrastructure":
        return infrastructure(stack)
    processes = {process.name: process for process in everything(stack)}
    names = only.split(",")
    if unknown := [name for name in names if name not in processes]:
        raise Failure(f"There is no process {', '.join(unknown)}", f"there are {', '.join(processes)}")
    return [processes[name] for name in names]
