"""Installs `infra/postgres/evt.sql`, the change capture, in EHRbase's database."""

import hashlib

import asyncpg

from openward_cli.failure import Failure
from openward_cli.provision.connection import connected, define, exclusively
from openward_cli.provision.patience import NotYet, patiently
from openward_cli.provision.target import Target, source

_MIGRATED = """
select to_regclass('ehr.flyway_schema_history') is not null
   and to_regclass('ehr.ehr_folder_version_history') is not null
"""
# Flyway's sessions, and no others, log in as `ehrbase`; they end with the last migration.
_MIGRATING = """
select exists (select from pg_stat_activity where datname = current_database() and usename = 'ehrbase')
"""
_INSTALLED = """
select to_regclass('evt.installed') is not null and to_regprocedure('evt.trigger_state()') is not null
"""


async def provision_capture(target: Target, database: str = "ehrbase") -> None:
    """Waits until EHRbase has migrated; every change after this returns has its row in `evt.ehr_event`.

    Raises `Failure` when EHRbase's schema is of a version with which the capture was not tested.
    """
    async with connected(target, database) as connection:
        await patiently(
            lambda: _migrated(connection),
            seconds=target.wait_seconds,
            what="EHRbase's database",
            remedy="start EHRbase, it makes its tables itself",
        )
        async with exclusively(connection):
            if not await _is_current(connection):
                await _install(connection)
            await _verify(connection)


async def _migrated(connection: asyncpg.Connection) -> None:
    if not await connection.fetchval(_MIGRATED):
        raise NotYet("has no tables")
    if await connection.fetchval(_MIGRATING):
        raise NotYet("is being migrated")


async def _is_current(connection: asyncpg.Connection) -> bool:
    if not await connection.fetchval(_INSTALLED):
        return False
    digest = await connection.fetchval("select digest from evt.installed order by version desc limit 1")
    missing = await connection.fetchval("select missing from evt.trigger_state()")
    return bool(digest == _digest() and not missing)


async def _install(connection: asyncpg.Connection) -> None:
    await define(connection, digest=_digest())
    try:
        async with connection.transaction():
            await connection.execute(source("postgres", "evt.sql"))
    except asyncpg.RaiseError as error:
        raise Failure(f"the change capture is not installed: {error}", "use that release") from error
    except asyncpg.LockNotAvailableError as error:
        raise Failure("EHRbase's tables are in use without a pause", "provision again") from error


async def _verify(connection: asyncpg.Connection) -> None:
    state = await connection.fetchrow("select flyway_version, tested, missing from evt.trigger_state()")
    if state is None or not state["tested"]:
        version = state and state["flyway_version"]
        raise Failure(
            f"the change capture was not tested with version {version} of EHRbase's schema",
            "run its tests with this EHRbase, then name the version in infra/postgres/evt.sql",
        )
    if state["missing"]:
        raise Failure(f"EHRbase's tables lack {', '.join(state['missing'])}", "provision again")


def _digest() -> str:
    return hashlib.sha256(source("postgres", "evt.sql").encode()).hexdigest()
