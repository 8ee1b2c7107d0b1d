"""Fixtures for every test of the repository, on real servers; the package registers this with pytest."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import pytest_socket
import structlog
from hypothesis import HealthCheck, settings
from openward_cli.stack import Service, Stack

from openward_testkit.databases import ServiceDatabase, service_database
from openward_testkit.nats import NatsServer
from openward_testkit.postgres import PostgresServer

# A slow machine is no failure: how fast something is, benchmarks say. New examples are looked for where
# somebody can look into what they show, not where a change waits for its verdict.
settings.register_profile(
    "openward",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("openward")

# Left alone, structlog draws each error with all local variables, which takes it minutes for a whole service.
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(),
    ]
)

DatabaseFactory = Callable[[str], Awaitable[ServiceDatabase]]


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
def postgres_server() -> PostgresServer:
    """The server of OPENWARD_TEST_POSTGRES_URL, else of the stack OPENWARD_STACK (default `test`)."""
    return PostgresServer.from_environment()


@pytest.fixture(scope="session")
def postgres_admin_url(postgres_server: PostgresServer) -> str:
    """The superuser's, with the password."""
    return postgres_server.url


@pytest.fixture(scope="module")
async def database(postgres_server: PostgresServer) -> AsyncIterator[DatabaseFactory]:
    """For the tests of one module: the service's name in, a database of it out, migrated and empty."""
    async with AsyncExitStack() as databases:

        async def make(service: str) -> ServiceDatabase:
            return await databases.enter_async_context(service_database(postgres_server, Service(service)))

        yield make


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
