"""What each role may do in the databases of a running server, and what it is refused."""

import asyncio
import dataclasses
import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest
from asyncpg import InsufficientPrivilegeError
from openward_cli import prisma
from openward_cli.provision.connection import connected
from openward_cli.provision.databases import ensure_role, provision_databases
from openward_cli.provision.migrations import migrate, owner_url
from openward_cli.provision.roles import Role
from openward_cli.provision.secret_files import ensure_secrets, read
from openward_cli.provision.target import Target
from openward_cli.stack import Service, Stack

SERVICES = tuple(map(str, Service))
DATABASES = (*SERVICES, "ehrbase", "postgres", "template1")
OWN = {role: service for service in SERVICES for role in (service, f"{service}_owner")} | {
    "ehrbase": "ehrbase",
    "ehrbase_restricted": "ehrbase",
    "clinical_evt": "ehrbase",
}
NOBODYS_BUSINESS = (
    "create table public.mine (i int)",
    "create schema mine",
    "create temporary table mine (i int)",
    "create extension citext schema public",
    "copy (select 1) to program 'true'",
    "select pg_read_file('/etc/hostname')",
    "create role mine",
    "alter role current_user connection limit 1000",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'",
    "set role patients_owner",
    "set session_replication_role = replica",
)
FORBIDDEN = [
    *((service, statement) for service in SERVICES for statement in NOBODYS_BUSINESS),
    *((service, "select * from _prisma_migrations") for service in SERVICES),
    *(("clinical_evt", statement) for statement in NOBODYS_BUSINESS),
    *(("ehrbase_restricted", statement) for statement in NOBODYS_BUSINESS),
    ("clinical", "truncate outbox_event"),
    ("clinical", "delete from patient_ehr"),
    ("clinical", "delete from patient_merge"),
    ("clinical", "delete from write_intent"),
    ("clinical", "alter table outbox_event disable trigger all"),
    ("clinical", "truncate query_product"),
    ("clinical", "alter table query_product disable trigger all"),
    ("clinical", "delete from template_standing"),
    *(
        ("clinical", statement.format(table))
        for table in ("encounter_step", "composition_encounter_step")
        for statement in ("update {} set recorded_by = ''", "delete from {}", "truncate {}")
    ),
    ("audit", "update audit_entry set record = ''"),
    ("audit", "delete from audit_entry"),
    ("audit", "truncate audit_entry cascade"),
    ("audit", "update audit_entry_patient set idx = 0"),
    ("audit", "delete from stream_position"),
    ("audit", "delete from sequence_gap"),
    ("audit", "update sequence_gap set sequence = 0"),
    ("audit", "drop trigger append_only on audit_entry"),
    # not even the owner changes what was written
    ("audit_owner", "update audit_entry set record = ''"),
    ("audit_owner", "delete from audit_entry_patient"),
    ("audit_owner", "truncate audit_entry, audit_entry_patient"),
    ("audit_owner", "delete from sequence_gap"),
    ("ehrbase", "create table public.mine (i int)"),
    ("ehrbase", "create schema mine"),
]


@pytest.fixture(scope="module")
async def target(stack: Stack) -> Target:
    ensure_secrets(stack)
    target = Target.of(stack)
    # Two at once: the second finds everything as it should be.
    await asyncio.gather(provision_databases(target), provision_databases(target))
    await migrate(target)
    return target


async def session(target: Target, role: str, database: str = "", password: str = "") -> asyncpg.Connection:
    return await asyncpg.connect(
        host=target.postgres_host,
        port=target.postgres_port,
        user=role,
        password=password or read(target.secrets_dir, f"{role}.db.password"),
        database=database or OWN[role],
    )


@pytest.mark.parametrize(("role", "statement"), FORBIDDEN)
async def test_a_right_that_was_not_given_is_refused(target: Target, role: str, statement: str) -> None:
    connection = await session(target, role)
    try:
        with pytest.raises(InsufficientPrivilegeError):
            async with connection.transaction():
                await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("role", "database"), [(r, d) for r, own in OWN.items() for d in DATABASES if d != own]
)
async def test_a_role_enters_its_own_database_only(target: Target, role: str, database: str) -> None:
    with pytest.raises(InsufficientPrivilegeError, match="permission denied for database"):
        await session(target, role, database)


@pytest.mark.parametrize("role", SERVICES)
async def test_a_running_service_cannot_hold_a_lock_for_long(target: Target, role: str) -> None:
    connection = await session(target, role)
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "search_path")

    assert [await connection.fetchval("select current_setting($1)", n) for n in names] == [
        "15s",
        "5s",
        "30s",
        "public",
    ]
    await connection.close()


@pytest.mark.parametrize("service", list(Service))
async def test_no_migration_is_pending_after_the_step(target: Target, service: Service) -> None:
    assert await prisma.pending(owner_url(target, service), service) == []


async def test_a_new_secret_becomes_the_password(target: Target) -> None:
    name = f"test_{secrets.token_hex(4)}"
    role = Role(name, 1, {"search_path": "public"})
    async with connected(target, "postgres") as server:
        try:
            await ensure_role(server, role, "first-password")
            await server.execute(f"grant connect on database patients to {name}")
            await (await session(target, name, "patients", "first-password")).close()
            await ensure_role(server, dataclasses.replace(role, connections=2), "second-password")

            await (await session(target, name, "patients", "second-password")).close()
            with pytest.raises(asyncpg.InvalidPasswordError):
                await session(target, name, "patients", "first-password")
            limit = await server.fetchval("select rolconnlimit from pg_roles where rolname = $1", name)
            assert limit == 2
        finally:
            await server.execute(f"revoke all on database patients from {name}")
            await server.execute(f"drop role {name}")


@pytest.fixture
async def audit(target: Target) -> AsyncIterator[asyncpg.Connection]:
    """As the service; nothing stays, for what is written to the log cannot be taken out."""
    connection = await session(target, "audit")
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


_ENTRY = """
insert into audit_entry (idx, stream, incarnation, sequence, event_id, kind, occurred_at, patient_ids,
                         ehr_ids, outcome, record)
select n, 'TEST', 1, n, gen_random_uuid(), 'access.record.read.v1', now(), '{}', '{}', 'ok', ''
from unnest($1::bigint[]) n
"""


async def _size(audit: asyncpg.Connection) -> int:
    size: int = await audit.fetchval("select coalesce(max(idx) + 1, 0) from audit_entry")
    return size


async def test_the_log_takes_entries_that_follow(audit: asyncpg.Connection) -> None:
    size = await _size(audit)
    await audit.execute(_ENTRY, [size + 1, size])
    await audit.execute(_ENTRY, [size + 2])
    await audit.execute(_ENTRY, [])
    patient = "insert into audit_entry_patient values (gen_random_uuid(), $1)"
    await audit.execute(patient, size)

    assert await _size(audit) == size + 3


@pytest.mark.parametrize("added", [[1], [0, 2], [0, 1, 3]])
async def test_the_log_refuses_a_hole(audit: asyncpg.Connection, added: list[int]) -> None:
    size = await _size(audit)
    with pytest.raises(asyncpg.CheckViolationError, match="hole in the log"):
        await audit.execute(_ENTRY, [size + n for n in added])


async def test_an_entry_does_not_give_way_to_another(audit: asyncpg.Connection) -> None:
    size = await _size(audit)
    await audit.execute(_ENTRY, [size])
    with pytest.raises(InsufficientPrivilegeError):
        await audit.execute(f"{_ENTRY} on conflict (idx) do update set outcome = 'forged'", [size])


async def test_audit_moves_its_position_and_closes_gaps(audit: asyncpg.Connection) -> None:
    await audit.execute("update stream_position set last_sequence = 7 where stream = 'ACCESS'")
    await audit.execute("insert into sequence_gap (stream, incarnation, sequence) values ('TEST', 1, 3)")
    await audit.execute("update sequence_gap set repaired_at = now() where stream = 'TEST'")

    assert await audit.fetchval("select count(*) from stream_position") >= 4


async def test_a_patient_has_one_ehr_of_their_own(target: Target) -> None:
    connection = await session(target, "clinical")
    transaction = connection.transaction()
    await transaction.start()
    link = "insert into patient_ehr (patient_id, ehr_id) values ($1, gen_random_uuid())"
    patient = "00000000-0000-4000-8000-000000000001"
    await connection.execute(link, patient)
    with pytest.raises(asyncpg.UniqueViolationError, match="patient_ehr_pkey"):
        await connection.execute(link, patient)
    await transaction.rollback()
    await connection.close()
