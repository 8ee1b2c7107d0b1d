import asyncio
import importlib.util
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import asyncpg
import pytest
from openward_cli.prisma import prisma
from openward_cli.stack import REPOSITORY
from openward_servicekit.prisma import connected, prisma_options
from openward_testkit.postgres import PostgresServer

HERE = Path(__file__).parent
ENGINE = HERE.parent / "src" / "prisma-engine.mjs"


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Has `engine_test_client`, a Python package, and `client`, what the engine runs."""
    directory = tmp_path_factory.mktemp("generated")
    (directory / "package.json").write_text('{"private": true}')
    (directory / "node_modules").symlink_to(REPOSITORY / "node_modules")
    (directory / "schema.prisma").write_text((HERE / "engine.prisma").read_text())
    prisma(directory, "generate", "--no-hints")
    return directory


@pytest.fixture(scope="session")
def package(generated: Path) -> ModuleType:
    file = generated / "engine_test_client" / "__init__.py"
    spec = importlib.util.spec_from_file_location("engine_test_client", file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
async def database_url(postgres_server: PostgresServer, generated: Path) -> AsyncIterator[str]:
    """A database with the schema, and with a zone that is not UTC, whatever the server's is."""
    made = prisma(
        generated,
        *("migrate", "diff", "--script", "--from-empty"),
        *("--to-schema-datamodel", str(generated / "schema.prisma")),
        database_url=postgres_server.url,
    )
    async with postgres_server.database(script=made.stdout) as name:
        await postgres_server.execute(f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'")
        yield postgres_server.of(name)


@pytest.fixture
async def sql(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The same database without Prisma, its tables empty."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("TRUNCATE sample, owner, pet")
    yield connection
    await connection.close()


@pytest.fixture
def sleeping(sql: asyncpg.Connection) -> Callable[[], Awaitable[None]]:
    """Returns when some session is in `pg_sleep`."""
    count = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    )

    async def wait() -> None:
        async with asyncio.timeout(20):
            while not await sql.fetchval(count):
                await asyncio.sleep(0.02)

    return wait


@pytest.fixture(scope="session")
def url(database_url: str) -> str:
    """With a pool of three connections."""
    return f"{database_url}?connection_limit=3&pool_timeout=6"


@pytest.fixture(scope="session")
async def client(package: ModuleType, generated: Path, url: str) -> AsyncIterator[Any]:
    options = prisma_options(engine=ENGINE, client=generated / "client", url=url)
    async with connected(package.Prisma(**options)) as connected_client:
        yield connected_client


@pytest.fixture
def db(client: Any, sql: asyncpg.Connection) -> Any:
    """The generated client, on empty tables."""
    del sql
    return client
