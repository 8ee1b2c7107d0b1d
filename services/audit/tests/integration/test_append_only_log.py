"""What was written stays as it was written, whoever is connected."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from openward_testkit.postgres import PostgresServer

ENTRY = """
insert into audit_entry
    (idx, stream, incarnation, sequence, event_id, kind, occurred_at, patient_ids, ehr_ids, outcome, record)
values ($1, 'PATIENTS', 1, 1, gen_random_uuid(), 'kind', now(), '{}', '{}', 'ok', '')
"""
CHANGES = [
    "update audit_entry set actor = 'nobody'",
    "update audit_entry set actor = 'nobody' where false",
    "delete from audit_entry",
    "truncate audit_entry cascade",
    "update audit_entry_patient set idx = 1",
    "delete from audit_entry_patient",
    "truncate audit_entry_patient",
    "delete from sequence_gap",
    "truncate sequence_gap",
]


@pytest.fixture(params=["audit", "audit_owner", "postgres"])
async def connection(
    request: pytest.FixtureRequest, stage: Any, postgres_server: PostgresServer
) -> AsyncIterator[asyncpg.Connection]:
    await stage.log.execute(ENTRY, 0)
    role = str(request.param)
    connection = await asyncpg.connect(stage.database.admin_url)
    if role != "postgres":
        await connection.close()
        password = postgres_server.password(role)
        connection = await asyncpg.connect(stage.database.admin_url, user=role, password=password)
    yield connection
    await connection.close()


@pytest.mark.parametrize("change", CHANGES)
async def test_nobody_changes_an_entry(connection: asyncpg.Connection, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(change)


@pytest.mark.parametrize(
    "change",
    [
        "alter table audit_entry disable trigger all",
        "drop table audit_entry cascade",
        "insert into stream_position (stream) values ('MINE')",
        "update sequence_gap set sequence = 1",
        "create table mine (id int)",
        "set session_replication_role = replica",
    ],
)
async def test_the_service_may_do_no_more_than_append(stage: Any, change: str) -> None:
    own = await stage.database.connect()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await own.execute(change)
    await own.close()


async def test_the_database_refuses_a_hole_in_the_log(stage: Any) -> None:
    own = await stage.database.connect()
    await own.execute(ENTRY, 0)
    with pytest.raises(asyncpg.CheckViolationError, match="hole"):
        await own.execute(ENTRY, 2)
    await own.close()
