"""Fixtures for every test of the repository, on real servers; the package registers this with pytest."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_socket
from openward_cli.stack import Stack

from openward_testkit.nats import NatsServer
from openward_testkit.postgres import PostgresServer, admin_url


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A unit test that opens a connection fails."""
    if "unit" in item.path.parts:
        pytest_socket.disable_socket(allow_unix_socket=True)


def pytest_runtest_teardown() -> None:
    pytest_socket.enable_socket()


@pytest.fixture(scope="session")
async def nats_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NatsServer]:
    """One for the session, with streams, consumers and permissions as provisioned. Leave it running."""
    async with _running(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture
async def fresh_nats_server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A server for one test: empty, and free to be killed."""
    async with _running(tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_admin_url() -> str:
    return admin_url()


@pytest.fixture(scope="session")
def postgres_server(postgres_admin_url: str) -> PostgresServer:
    return PostgresServer(postgres_admin_url)


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The running stack that end-to-end tests speak to, by OPENWARD_STACK."""
    return Stack()


@asynccontextmanager
async def _running(directory: Path) -> AsyncIterator[NatsServer]:
    server = NatsServer(directory)
    server.start()
    try:
        await server.provision()
        yield server
    finally:
        server.stop()
