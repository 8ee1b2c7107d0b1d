"""Every process of a stack."""

from openward_cli.failure import Failure
from openward_cli.process import Process
from openward_cli.servers import ehrbase, envoy, identity, nats, postgres, service
from openward_cli.stack import Port, Service, Stack

INFRASTRUCTURE = ("postgres", "nats", "identity", "ehrbase")
#: Of those that do not stop on TERM as they should.
STOP_SIGNALS = {"postgres": postgres.STOP_SIGNAL}


def infrastructure(stack: Stack) -> list[Process]:
    return [postgres.process(stack), nats.process(stack), identity.process(stack), ehrbase.process(stack)]


def services(stack: Stack) -> list[Process]:
    return [service.process(stack, name, i) for name in Service for i in range(stack.replicas)]


def everything(stack: Stack) -> list[Process]:
    return [*infrastructure(stack), *services(stack), envoy.process(stack)]


def chosen(known: list[Process], only: str) -> list[str]:
    """All for an empty choice; else the names, separated by commas; `infrastructure` stands for four."""
    names = [process.name for process in known]
    if not only:
        return names
    wanted = only.replace("infrastructure", ",".join(INFRASTRUCTURE)).split(",")
    if unknown := [name for name in wanted if name not in names]:
        raise Failure(f"There is no process {', '.join(unknown)}", f"there are {', '.join(names)}")
    return wanted


def ports(stack: Stack) -> dict[str, int]:
    """Every port that a full stack listens on, by who does."""
    servers = {str(port): stack.port(port) for port in Port}
    replicas = [(service, i) for service in Service for i in range(stack.replicas)]
    return servers | {stack.process(s, i): stack.service_port(s, i) for s, i in replicas}
