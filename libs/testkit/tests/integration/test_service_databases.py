import asyncpg
import pytest
from openward_cli.stack import Service
from openward_testkit.databases import service_database
from openward_testkit.plugin import DatabaseFactory
from openward_testkit.postgres import PostgresServer


@pytest.mark.parametrize("service", list(Service))
async def test_a_database_has_the_tables_of_its_service(database: DatabaseFactory, service: Service) -> None:
    made = await database(service)
    connection = await made.connect()
    try:
        for table in ("outbox_event", "outbox_sent"):
            assert await connection.fetchval(f"select count(*) from {table}") == 0
    finally:
        await connection.close()


async def test_a_service_has_no_more_rights_than_in_operation(database: DatabaseFactory) -> None:
    connection = await (await database("patients")).connect()
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("create table mine ()")
    finally:
        await connection.close()


async def test_a_database_is_gone_after_its_use(postgres_server: PostgresServer) -> None:
    async with service_database(postgres_server, Service.PATIENTS) as made:
        pass
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(made.admin_url)
