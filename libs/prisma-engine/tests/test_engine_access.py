"""The engine answers nobody but the process that started it."""

import logging
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import psutil
import pytest
from openward_servicekit.prisma import SECRET_HEADER, connected, prisma_options, prisma_url
from openward_testkit.postgres import PostgresServer

ENGINE = Path(__file__).parent.parent / "src" / "prisma-engine.mjs"
INSERT = {"query": 'mutation { result: executeRaw(query: "INSERT INTO owner (name) VALUES (1)") }'}
PASSWORD = "p@ss/w:?#[]%25 &=+ö\"'"


@pytest.mark.parametrize("headers", [{}, {SECRET_HEADER: ""}, {SECRET_HEADER: "wrong"}])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("GET", "/status"), ("POST", "/transaction/start")]
)
async def test_without_the_secret_nothing_is_run(
    db: Any, sql: asyncpg.Connection, headers: dict[str, str], method: str, path: str
) -> None:
    async with httpx.AsyncClient(
        base_url=db._internal_engine.url.replace("localhost", "127.0.0.1")
    ) as stranger:
        response = await stranger.request(method, path, headers=headers, json=INSERT)
    assert response.status_code == 403
    assert await sql.fetchval("SELECT count(*) FROM owner") == 0


async def test_the_same_request_with_the_secret_is_run(db: Any, sql: asyncpg.Connection) -> None:
    secret = db._http_config["transport"]._secret
    async with httpx.AsyncClient(
        base_url=db._internal_engine.url.replace("localhost", "127.0.0.1")
    ) as stranger:
        response = await stranger.post("/", headers={SECRET_HEADER: secret}, json=INSERT)
    assert response.json() == {"data": {"result": 1}}
    assert await sql.fetchval("SELECT count(*) FROM owner") == 1


async def test_a_client_with_another_secret_cannot_connect(
    package: ModuleType, generated: Path, url: str
) -> None:
    one = prisma_options(engine=ENGINE, client=generated / "client", url=url)
    other = prisma_options(engine=ENGINE, client=generated / "client", url=url)
    db = package.Prisma(**one | {"http": other["http"]}, connect_timeout=timedelta(seconds=2))
    with pytest.raises(package.engine.errors.EngineConnectionError) as caught:
        await db.connect()
    await db.disconnect()
    assert isinstance(caught.value.__cause__, package.engine.errors.EngineRequestError)


def test_the_port_is_open_on_loopback_alone(client: Any) -> None:
    engine = psutil.Process(client._internal_engine.process.pid)
    listening = [c.laddr.ip for c in engine.net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]


async def test_the_clients_own_log_has_no_values(db: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await db.owner.create({"name": "xq7hidden"})
    assert "xq7hidden" not in caplog.text


async def test_a_password_may_have_any_character(
    package: ModuleType, generated: Path, url: str, postgres_server: PostgresServer
) -> None:
    quoted = PASSWORD.replace("'", "''")
    await postgres_server.execute(f"CREATE ROLE engine_test_login LOGIN PASSWORD '{quoted}'")
    try:
        address = urlsplit(url)
        login = f"postgresql://engine_test_login@{address.hostname}:{address.port}{address.path}"
        options = prisma_options(
            engine=ENGINE,
            client=generated / "client",
            url=prisma_url(login, password=PASSWORD, pool_size=1),
        )
        async with connected(package.Prisma(**options)) as db:
            assert await db.query_raw("SELECT current_user::text AS name") == [{"name": "engine_test_login"}]
    finally:
        await postgres_server.execute("DROP ROLE engine_test_login")


async def test_the_pool_has_the_size_that_was_asked_for(
    package: ModuleType, generated: Path, database_url: str, sql: asyncpg.Connection
) -> None:
    url = f"{database_url}?connection_limit=2&application_name=pool_of_two"
    options = prisma_options(engine=ENGINE, client=generated / "client", url=url)
    async with connected(package.Prisma(**options)) as db:
        first, second = db.tx(), db.tx()
        await first.start()
        await second.start()
        with pytest.raises(package.errors.TransactionError):
            await db.tx(max_wait=timedelta(milliseconds=100)).start()
        sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pool_of_two'"
        assert await sql.fetchval(sessions) == 2
        await first.rollback()
        await second.rollback()
