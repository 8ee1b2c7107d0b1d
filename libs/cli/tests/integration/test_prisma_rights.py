"""A running service may do with its tables what it must, and nothing else: the GRANTs of the migrations."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from openward_cli import prisma
from openward_cli.stack import Service
from openward_testkit.postgres import PostgresServer

OUTBOX = {"outbox_event": "SELECT INSERT DELETE", "outbox_sent": "SELECT INSERT DELETE"}
RIGHTS = {
    Service.PATIENTS: OUTBOX
    | {
        "mrn_number": "USAGE",
        "patient": "SELECT INSERT UPDATE",
        "patient_version": "SELECT INSERT",
        "patient_name": "SELECT INSERT UPDATE DELETE",
        "patient_key": "SELECT INSERT DELETE",
        "patient_identifier": "SELECT INSERT DELETE",
        "name_word": "SELECT INSERT UPDATE",
        "name_delete": "SELECT INSERT",
        "identifier_domain": "SELECT INSERT UPDATE",
        "merge": "SELECT INSERT UPDATE",
        "match_pair": "SELECT INSERT UPDATE",
        "match_queue": "SELECT INSERT UPDATE DELETE",
        "match_run": "SELECT INSERT UPDATE",
        "import_job": "SELECT INSERT UPDATE",
        "import_error": "SELECT INSERT",
        "idempotency_key": "SELECT INSERT UPDATE DELETE",
    },
    Service.TEMPLATES: OUTBOX
    | {
        "template": "SELECT INSERT UPDATE",
        "template_version": "SELECT INSERT UPDATE DELETE",
        "template_opt": "SELECT INSERT UPDATE",
        "template_search": "SELECT INSERT UPDATE DELETE",
        "template_word": "SELECT INSERT UPDATE DELETE",
        "migration_check": "SELECT INSERT UPDATE",
    },
}
GRANTED = """
SELECT relname, array_agg(privilege_type ORDER BY privilege_type) AS rights
FROM pg_class, aclexplode(relacl) AS granted
WHERE relnamespace = 'public'::regnamespace AND grantee = $1::regrole
GROUP BY relname
"""


@pytest.fixture(scope="module", params=RIGHTS)
async def database(
    request: pytest.FixtureRequest, postgres_server: PostgresServer
) -> AsyncIterator[tuple[Service, str]]:
    """The superuser's URL of a migrated one."""
    service: Service = request.param
    await postgres_server.execute(
        f"DO $$ BEGIN CREATE ROLE {service}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    async with postgres_server.database() as name:
        await asyncio.to_thread(prisma.migrate_deploy, postgres_server.of(name), service)
        yield service, postgres_server.of(name)


@pytest.fixture
async def migrated(database: tuple[Service, str]) -> AsyncIterator[tuple[Service, asyncpg.Connection]]:
    service, url = database
    connection = await asyncpg.connect(url)
    yield service, connection
    await connection.close()


async def test_each_table_has_the_rights_that_are_needed_and_no_others(
    migrated: tuple[Service, asyncpg.Connection],
) -> None:
    service, connection = migrated
    granted = {row["relname"]: row["rights"] for row in await connection.fetch(GRANTED, service)}
    assert granted == {table: sorted(rights.split()) for table, rights in RIGHTS[service].items()}


async def test_the_service_writes_an_event_and_cannot_choose_its_place(
    migrated: tuple[Service, asyncpg.Connection],
) -> None:
    service, connection = migrated
    event = (
        "INSERT INTO outbox_event ({} event_id, subject, aggregate_id, aggregate_version, headers, payload)"
        " VALUES ({} gen_random_uuid(), 's', 'a', 1, '{{}}', '') RETURNING id"
    )
    await connection.execute(f"SET ROLE {service}")
    assert await connection.fetchval(event.format("", "")) == 1
    with pytest.raises(asyncpg.GeneratedAlwaysError):
        await connection.execute(event.format("id,", "7,"))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE own ()",
        "SELECT * FROM _prisma_migrations",
        "TRUNCATE outbox_event",
        "UPDATE outbox_sent SET subject = ''",
        "UPDATE outbox_event SET subject = ''",
        "DROP TABLE outbox_sent",
    ],
)
async def test_everything_else_is_refused(
    migrated: tuple[Service, asyncpg.Connection], statement: str
) -> None:
    service, connection = migrated
    await connection.execute(f"SET ROLE {service}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)
