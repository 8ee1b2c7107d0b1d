"""Ports that a stack needs: free, or held by whom."""

import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from openward_cli.failure import Failure
from openward_cli.process import Process

#: Both ends have said goodbye, and no process has the socket any more.
_ENDED = {psutil.CONN_TIME_WAIT, psutil.CONN_FIN_WAIT1, psutil.CONN_FIN_WAIT2, psutil.CONN_LAST_ACK}


@dataclass(frozen=True)
class Holder:
    """Who has a port; nobody that may be known when `pid` is None.

    `state` is psutil's, of the socket: to have a port is not only to listen on it. The system may have given
    it to a connection that somebody opened to another place, and keeps it for a minute after the end.
    """

    name: str
    pid: int | None
    state: str = psutil.CONN_LISTEN

    @property
    def remedy(self) -> str:
        if self.state in _ENDED:
            return "try again in a minute"
        return f"end it (kill {self.pid})" if self.pid else "end it"

    def __str__(self) -> str:
        if self.state in _ENDED:
            return "a connection that has just ended"
        who = f"{self.name}, process {self.pid}" if self.pid else "a process of another user"
        return who if self.state == psutil.CONN_LISTEN else f"a connection of {who}"


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
    return _holder(port)


def _holder(port: int) -> Holder:
    try:
        found = [c for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port]
        # A server's own connections have its port too, and some sockets have no process that may be known.
        for one in sorted(found, key=lambda c: (c.status != psutil.CONN_LISTEN, c.pid is None)):
            return Holder(psutil.Process(one.pid).name() if one.pid else "", one.pid, one.status)
    except psutil.Error:
        pass
    return Holder("", None)


def require_free(processes: Iterable[Process]) -> None:
    for process in processes:
        if process.port is not None and (held := holder(process.port)) is not None:
            raise taken(process.name, process.port, held)


def taken(name: str, port: int, held: Holder) -> Failure:
    return Failure(
        f"Port {port}, needed by {name}, is taken by {held}",
        f"{held.remedy}, or move this stack: OPENWARD_STACK=other OPENWARD_PORT_OFFSET=20000",
    )
