"""Whoever has a port is told as what it is, on real sockets."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import psutil
import pytest
from openward_cli.ports import holder


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as sockets:
        yield sockets


def listening(opened: ExitStack) -> socket.socket:
    server = opened.enter_context(closing(socket.socket()))
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


def port_of(one: socket.socket) -> int:
    return int(one.getsockname()[1])


def test_a_free_port_is_held_by_nobody(opened: ExitStack) -> None:
    server = listening(opened)
    port = port_of(server)
    server.close()

    assert holder(port) is None


def test_a_server_is_told_by_its_process(opened: ExitStack) -> None:
    held = holder(port_of(listening(opened)))

    assert held is not None
    assert (held.pid, held.state) == (os.getpid(), psutil.CONN_LISTEN)


def test_a_connection_to_another_place_is_told_as_one(opened: ExitStack) -> None:
    client = opened.enter_context(closing(socket.create_connection(listening(opened).getsockname())))

    assert str(holder(port_of(client))) == f"a connection of {psutil.Process().name()}, process {os.getpid()}"


def test_a_connection_that_has_ended_belongs_to_nobody(opened: ExitStack) -> None:
    server = listening(opened)
    client = opened.enter_context(closing(socket.create_connection(server.getsockname())))
    accepted, _ = server.accept()
    port = port_of(client)
    client.close()
    accepted.close()

    assert str(holder(port)) == "a connection that has just ended"
