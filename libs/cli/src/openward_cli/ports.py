"""Ports that a stack needs: free, or held by whom."""

import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from openward_cli.failure import Failure
from openward_cli.process import Process


@dataclass(frozen=True)
class Holder:
    """Who listens on a port; nobody that may be known when `pid` is None."""

    name: str
    pid: int | None

    def __str__(self) -> str:
        return f"{self.name}, process {self.pid}" if self.pid else "a process of another user"


def holder(port: int) -> Holder | None:
    """None when the port is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return None
    return _listener(port)


def _listener(port: int) -> Holder:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return Holder(psutil.Process(connection.pid).name(), connection.pid)
    except psutil.Error:
        pass
    return Holder("", None)


def require_free(processes: Iterable[Process]) -> None:
    for process in processes:
        if (held := holder(process.port)) is not None:
            raise taken(process.name, process.port, held)


def taken(name: str, port: int, held: Holder) -> Failure:
    end = f"end it (kill {held.pid})" if held.pid else "end it"
    return Failure(
        f"Port {port}, needed by {name}, is taken by {held}",
        f"{end}, or move this stack: OPENWARD_STACK=other OPENWARD_PORT_OFFSET=20000",
    )
