"""Prisma without its native engines: what is generated, pending, applied, and what has drifted."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from openward_cli import prisma
from openward_cli.failure import Failure
from openward_cli.stack import REPOSITORY, Service
from openward_testkit.postgres import PostgresServer

MIGRATED = [
    service
    for service in Service
    if any((REPOSITORY / "services" / service / "prisma/migrations").glob("*/"))
]
FIRST = "20261122000000_first"
TRIGGER = """-- a comment; with a semicolon
CREATE FUNCTION "loud"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."use" := upper(NEW."use");
    RETURN NEW;
END $$;
CREATE TRIGGER "loud" BEFORE INSERT ON "patient_name" FOR EACH ROW EXECUTE FUNCTION "loud"();
"""


@pytest.fixture
async def server(postgres_server: PostgresServer) -> PostgresServer:
    """With the roles that migrations grant something to."""
    for service in Service:
        await postgres_server.execute(
            f"DO $$ BEGIN CREATE ROLE {service}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
    return postgres_server


@pytest.fixture
async def database(server: PostgresServer) -> AsyncIterator[str]:
    async with server.database() as name:
        yield server.of(name)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The patients service's own `prisma` directory, free to be changed, in a repository of its own."""
    (tmp_path / "package.json").write_text('{"private": true}')
    (tmp_path / "node_modules").symlink_to(REPOSITORY / "node_modules")
    source = REPOSITORY / "services" / "patients" / "prisma"
    copied = tmp_path / "services" / "patients" / "prisma"
    shutil.copytree(source, copied, ignore=shutil.ignore_patterns("client"))
    monkeypatch.setattr(prisma, "REPOSITORY", tmp_path)
    return copied


def add_migration(directory: Path, name: str, script: str) -> None:
    (directory / "migrations" / name).mkdir()
    (directory / "migrations" / name / "migration.sql").write_text(script)


@pytest.mark.parametrize("service", MIGRATED)
async def test_a_database_that_was_migrated_has_nothing_pending(database: str, service: Service) -> None:
    before = await prisma.pending(database, service)
    prisma.migrate_deploy(database, service)
    assert before == sorted(before)
    assert before != []
    assert await prisma.pending(database, service) == []


@pytest.mark.parametrize("service", MIGRATED)
def test_migrations_arrive_at_the_schema(server: PostgresServer, service: Service) -> None:
    assert prisma.drift(server.url, service) == ""


def test_a_schema_that_no_migration_follows_is_drift(server: PostgresServer, copy: Path) -> None:
    schema = copy / "schema.prisma"
    schema.write_text(schema.read_text().replace("type_code  String?", "type_code  String"))
    assert 'ALTER COLUMN "type_code" SET NOT NULL' in prisma.drift(server.url, Service.PATIENTS)


async def test_looking_for_drift_leaves_no_database_behind(server: PostgresServer) -> None:
    prisma.drift(server.url, Service.PATIENTS)
    connection = await asyncpg.connect(server.url)
    left = await connection.fetch("SELECT datname FROM pg_database WHERE datname LIKE 'prisma_migrate%'")
    await connection.close()
    assert left == []


async def test_looking_for_drift_leaves_the_database_of_the_url_alone(
    server: PostgresServer, database: str
) -> None:
    del server
    prisma.drift(database, Service.PATIENTS)
    connection = await asyncpg.connect(database)
    tables = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )
    await connection.close()
    assert tables == []


async def test_a_function_in_a_migration_stays_in_one_piece(database: str, copy: Path) -> None:
    add_migration(copy, "20270101000000_trigger", TRIGGER)
    prisma.migrate_deploy(database, Service.PATIENTS)
    assert await prisma.pending(database, Service.PATIENTS) == []

    connection = await asyncpg.connect(database)
    [loud] = await connection.fetch("SELECT prosrc FROM pg_proc WHERE proname = 'loud'")
    await connection.close()
    assert "RETURN NEW" in loud["prosrc"]


async def test_a_migration_that_fails_leaves_nothing_of_itself(database: str, copy: Path) -> None:
    add_migration(copy, "20270101000000_broken", 'CREATE TABLE "half" ();\nCREATE TABLE "half" ();\n')
    with pytest.raises(Failure) as caught:
        prisma.migrate_deploy(database, Service.PATIENTS)

    assert 'relation "half" already exists' in caught.value.details
    assert await prisma.pending(database, Service.PATIENTS) == ["20270101000000_broken"]
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("SELECT to_regclass('half')") is None
    await connection.close()


async def test_a_migration_that_was_changed_after_it_was_applied_is_refused(
    database: str, copy: Path
) -> None:
    prisma.migrate_deploy(database, Service.PATIENTS)
    with (copy / "migrations" / FIRST / "migration.sql").open("a") as script:
        script.write("-- and more\n")
    with pytest.raises(Failure, match=f"{FIRST} is not what was applied"):
        await prisma.pending(database, Service.PATIENTS)


def test_what_went_wrong_is_told_without_the_password(copy: Path) -> None:
    del copy
    with pytest.raises(Failure) as caught:
        prisma.migrate_deploy("postgresql://somebody:hidden-word@127.0.0.1:9/none", Service.PATIENTS)
    assert "127.0.0.1:9" in caught.value.details
    assert "hidden-word" not in f"{caught.value}{caught.value.details}"


def test_clients_are_generated_once_for_a_schema(copy: Path) -> None:
    python_client = copy.parent / "src" / "patients" / "adapters" / "db" / "client.py"

    assert prisma.generate(Service.PATIENTS)
    assert python_client.is_file()
    assert (copy / "client" / "index.js").is_file()
    assert not prisma.generate(Service.PATIENTS)

    python_client.unlink()
    assert prisma.generate(Service.PATIENTS)
    with (copy / "schema.prisma").open("a") as schema:
        schema.write("// changed\n")
    assert prisma.generate(Service.PATIENTS)


def test_of_a_schema_without_generators_nothing_is_made(copy: Path) -> None:
    (copy / "schema.prisma").write_text(
        'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
    )
    assert not prisma.generate(Service.PATIENTS)
    assert not (copy / "client").exists()
