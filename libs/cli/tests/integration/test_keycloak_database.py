"""The database that Keycloak gets where it is the identity provider: its own, and no other's business."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from openward_cli.provision.connection import connected
from openward_cli.provision.databases import provision_databases
from openward_cli.provision.keycloak import provision_keycloak
from openward_cli.provision.secret_files import ensure_in, ensure_secrets, read
from openward_cli.provision.target import Target
from openward_cli.stack import Stack


@pytest.fixture
async def target(stack: Stack, tmp_path: Path) -> AsyncIterator[Target]:
    """A local stack has none, so it is removed again."""
    ensure_secrets(stack)
    local = Target.of(stack)
    shutil.copytree(local.secrets_dir, tmp_path, dirs_exist_ok=True)
    ensure_in(tmp_path, for_containers=True)
    target = local.model_copy(update={"secrets_dir": tmp_path})
    yield target
    async with connected(target, "postgres") as server:
        await server.execute("drop database if exists keycloak with (force)")
        await server.execute("drop role if exists keycloak")


async def keycloak(target: Target) -> asyncpg.Connection:
    return await asyncpg.connect(
        host=target.postgres_host,
        port=target.postgres_port,
        user="keycloak",
        password=read(target.secrets_dir, "keycloak.db.password"),
        database="keycloak",
    )


async def test_keycloak_makes_its_tables_in_its_database(target: Target) -> None:
    await provision_keycloak(target)
    connection = await keycloak(target)
    await connection.execute("create table realm (id int)")
    await connection.close()

    await provision_keycloak(target)

    connection = await keycloak(target)
    assert await connection.fetchval("select count(*) from realm") == 0
    await connection.close()


async def test_keycloak_connects_to_no_other_database(target: Target) -> None:
    await provision_databases(target)
    await provision_keycloak(target)

    query = "select array_agg(datname) from pg_database where datname <> 'template0'"
    async with connected(target, "keycloak") as server:
        may = await server.fetchval(f"{query} and has_database_privilege('keycloak', datname, 'connect')")
        assert may == ["keycloak"]


async def test_nobody_else_connects_to_keycloaks_database(target: Target) -> None:
    await provision_keycloak(target)

    query = "select array_agg(rolname) from pg_roles where rolcanlogin and not rolsuper"
    async with connected(target, "keycloak") as server:
        may = await server.fetchval(f"{query} and has_database_privilege(rolname, 'keycloak', 'connect')")
        assert may == ["keycloak"]
