"""Migration checks and their findings in this service's own database; a step is told in its transaction."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from openward_contracts.actor import SYSTEM_ACTOR
from openward_contracts.event import Event
from openward_contracts.identifiers import TemplateId, VersionUid
from openward_contracts.migration_checks import (
    MAX_PROBLEMS,
    MigrationCheckFinished,
    MigrationCheckProgressed,
)
from openward_contracts.payload import Payload
from openward_servicekit.outbox.postgres import insert_event

from clinical.adapters.evt_mapping import SOURCE
from clinical.domain.migration_check import (
    CheckState,
    Finding,
    MigrationCheck,
    MigrationCheckTaken,
    Step,
)

#: Advisory lock of the one process that works on checks.
_CHECKING: Final = 0x63686563

_ACCEPT: Final = """
insert into migration_check (check_id, template_id, version, sha256, web_template, requested_by,
                             correlation_id, requested_at)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
"""
_NEXT: Final = """
select * from migration_check where state = 'running' order by requested_at, check_id limit 1
"""
#: Whoever is faster has raised the revision.
_STEP: Final = """
update migration_check
set revision = revision + 1, after = coalesce($3, after), examined = examined + $4,
    failing = failing + $5, total = coalesce(total, $6)
where check_id = $1 and revision = $2 and state = 'running' returning *
"""
_END: Final = """
update migration_check
set revision = revision + 1, state = $3, reason = $4, web_template = '', finished_at = now()
where check_id = $1 and revision = $2 and state = 'running' returning *
"""
_FIND: Final = """
insert into migration_finding (check_id, version_uid, rule, path)
select $1, * from unnest($2::text[], $3::text[], $4::text[]) on conflict do nothing
"""
_FREQUENT: Final = """
select rule, path, count(*) as compositions from migration_finding where check_id = $1
group by rule, path order by compositions desc, rule, path limit $2
"""
_FINDINGS: Final = """
select version_uid, rule, path from migration_finding
where check_id = $1 and version_uid in (
    select distinct version_uid from migration_finding
    where check_id = $1 and ($2::text is null or version_uid > $2) order by version_uid limit $3)
order by version_uid, rule, path
"""


class PostgresMigrationChecks:
    """The MigrationChecks port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[bool]:
        """By a lock of the session, which ends with the process whatever ends that."""
        async with self._pool.acquire() as connection:
            mine = bool(await connection.fetchval("select pg_try_advisory_lock($1)", _CHECKING))
            try:
                yield mine
            finally:
                if mine:
                    await _unlock(connection)

    async def accept(self, check: MigrationCheck) -> None:
        await self._pool.execute(
            _ACCEPT,
            check.check_id,
            check.template_id,
            check.version,
            check.sha256,
            check.web_template,
            check.requested_by,
            check.correlation_id,
            check.requested_at,
        )

    async def next(self) -> MigrationCheck | None:
        row = await self._pool.fetchrow(_NEXT)
        return _check(row) if row else None

    async def begin(self, check: MigrationCheck, total: int) -> MigrationCheck:
        async with self._changing() as connection:
            begun = await _stepped(connection, check, None, 0, 0, total)
            await insert_event(connection, _event(begun, _progress(begun)))
        return begun

    async def advance(self, check: MigrationCheck, step: Step, *, tell: bool) -> MigrationCheck:
        async with self._changing() as connection:
            latest, examined = step.examined[-1], len(step.examined)
            advanced = await _stepped(connection, check, latest, examined, step.failing, None)
            columns = zip(*((each.version_uid, each.rule, each.path) for each in step.findings), strict=True)
            if step.findings:
                await connection.execute(_FIND, check.check_id, *map(list, columns))
            if tell:
                await insert_event(connection, _event(advanced, _progress(advanced)))
        return advanced

    async def end(self, check: MigrationCheck, reason: str | None = None) -> None:
        state = CheckState.FAILED if reason else CheckState.FINISHED
        async with self._changing() as connection:
            row = await connection.fetchrow(_END, check.check_id, check.revision, state, reason)
            ended = _taken_or(row)
            frequent = await connection.fetch(_FREQUENT, check.check_id, MAX_PROBLEMS)
            problems = {f"{row['rule']} {row['path']}": row["compositions"] for row in frequent}
            payload = MigrationCheckFinished(**_counts(ended), reason=reason, problems=problems)
            await insert_event(connection, _event(ended, payload))

    async def of_id(self, check_id: UUID) -> MigrationCheck | None:
        row = await self._pool.fetchrow("select * from migration_check where check_id = $1", check_id)
        return _check(row) if row else None

    async def findings(self, check_id: UUID, after: VersionUid | None, limit: int) -> Sequence[Finding]:
        rows = await self._pool.fetch(_FINDINGS, check_id, after, limit)
        return [Finding(VersionUid(row["version_uid"]), row["rule"], row["path"]) for row in rows]

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[PoolConnectionProxy]:
        async with self._pool.acquire() as connection, connection.transaction():
            yield connection


async def _stepped(connection: PoolConnectionProxy, check: MigrationCheck, *step: object) -> MigrationCheck:
    return _taken_or(await connection.fetchrow(_STEP, check.check_id, check.revision, *step))


def _taken_or(row: asyncpg.Record | None) -> MigrationCheck:
    if row is None:
        raise MigrationCheckTaken("Another process works on this migration check.")
    return _check(row)


def _progress(check: MigrationCheck) -> Payload:
    return MigrationCheckProgressed(**_counts(check))


def _counts(check: MigrationCheck) -> dict[str, Any]:
    return {
        "check_id": check.check_id,
        "template_id": check.template_id,
        "examined": check.examined,
        "failing": check.failing,
        "total": check.total,
    }


def _event(check: MigrationCheck, payload: Payload) -> Event[Payload]:
    """On the service's own account, for whoever asked; numbered by the steps."""
    return Event.of(
        payload,
        source=SOURCE,
        aggregate_id=check.check_id,
        aggregate_version=check.revision,
        actor=replace(SYSTEM_ACTOR("clinical"), on_behalf_of=check.requested_by),
        at=datetime.now(UTC),
        correlation_id=check.correlation_id,
    )


def _check(row: asyncpg.Record) -> MigrationCheck:
    return MigrationCheck(
        check_id=row["check_id"],
        template_id=TemplateId(row["template_id"]),
        version=row["version"],
        sha256=row["sha256"],
        web_template=row["web_template"],
        requested_by=row["requested_by"],
        correlation_id=row["correlation_id"],
        requested_at=row["requested_at"],
        state=CheckState(row["state"]),
        reason=row["reason"],
        after=VersionUid(row["after"]) if row["after"] else None,
        examined=row["examined"],
        failing=row["failing"],
        total=row["total"],
        revision=row["revision"],
    )


async def _unlock(connection: PoolConnectionProxy) -> None:
    """The pool takes no locks from what comes back to it; a session of which that is not sure ends."""
    try:
        await connection.execute("select pg_advisory_unlock($1)", _CHECKING)
    except BaseException:
        connection.terminate()
        raise
