"""What compositions say, in this service's own database."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from openward_contracts.identifiers import EhrId, TemplateId

from clinical.adapters.recorded_rows import COLUMNS, rows_of
from clinical.domain.extraction import EDITION, NO_EDITION, Extracted
from clinical.domain.recorded import (
    Change,
    Identity,
    Keeping,
    KeptVersion,
    RecordBehind,
    VersionKey,
    Versions,
)

_TABLES: Final = tuple(COLUMNS)
_FINGERPRINTS: Final = "select ehr_id, fingerprint from recorded_ehr where ehr_id = any ($1)"
_SET: Final = """
insert into recorded_ehr (ehr_id, fingerprint, synchronised_at) values ($1, $2, now())
on conflict (ehr_id) do update
set fingerprint = excluded.fingerprint, synchronised_at = excluded.synchronised_at
"""
_VERSIONS: Final = """
select object_id, version, template_id, committed_at, replaced_at, deleted
from recorded_version where ehr_id = $1
"""


def _for_each(statement: str) -> tuple[str, ...]:
    return tuple(statement.replace("…", table) for table in _TABLES)


_DROP: Final = _for_each("""
delete from … t using unnest($1::uuid[], $2::int[]) gone (object_id, version)
where t.object_id = gone.object_id and t.version = gone.version
""")
_REPLACE: Final = _for_each("""
update … t set replaced_at = former.replaced_at
from unnest($1::uuid[], $2::int[], $3::timestamptz[]) former (object_id, version, replaced_at)
where t.object_id = former.object_id and t.version = former.version
""")
#: No fingerprints that EHRbase's database gives.
_UNFINISHED: Final = f"{EDITION}:"
_DOUBTED: Final = f"{NO_EDITION}:"
#: What no table takes: longer than an index allows, nested too deep, characters that are none.
_UNKEEPABLE: Final = (asyncpg.DataError, asyncpg.ProgramLimitExceededError, ArithmeticError, ValueError)
#: By the EHR; a lock of the session, which ends with the process whatever ends that.
_LOCK: Final = "select pg_try_advisory_lock(uuid_hash_extended($1, 0x7265636f))"
_UNLOCK: Final = "select pg_advisory_unlock(uuid_hash_extended($1, 0x7265636f))"
#: Seconds.
_WAIT: Final = 15.0
_POLL: Final = 0.05


class PostgresRecorded:
    """The Kept port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def fingerprints(self, ehr_ids: Collection[EhrId]) -> Mapping[EhrId, str]:
        rows = await self._pool.fetch(_FINGERPRINTS, list(ehr_ids))
        return {EhrId(row["ehr_id"]): row["fingerprint"] for row in rows}

    @asynccontextmanager
    async def alone(self, ehr_id: EhrId) -> AsyncIterator[Keeping]:
        """What is changed is changed by the session that has the lock: when that is lost nothing is."""
        give_up = monotonic() + _WAIT
        while True:
            async with self._pool.acquire() as connection:
                if await connection.fetchval(_LOCK, ehr_id):
                    try:
                        yield _PostgresKeeping(connection, ehr_id)
                        return
                    finally:
                        await _unlock(connection, ehr_id)
            if monotonic() > give_up:
                raise RecordBehind
            await asyncio.sleep(_POLL)


class _PostgresKeeping:
    """The Keeping port."""

    def __init__(self, connection: PoolConnectionProxy, ehr_id: EhrId) -> None:
        self._connection = connection
        self._ehr_id = ehr_id
        self._unfinished = _UNFINISHED

    async def fingerprint(self) -> str | None:
        rows = await self._connection.fetch(_FINGERPRINTS, [self._ehr_id])
        return rows[0]["fingerprint"] if rows else None

    async def versions(self) -> Versions:
        rows = await self._connection.fetch(_VERSIONS, self._ehr_id)
        return {VersionKey(row["object_id"], row["version"]): _version(row) for row in rows}

    async def doubt(self) -> None:
        self._unfinished = _DOUBTED
        await self.finish(_DOUBTED)

    async def change(self, change: Change, read: Mapping[VersionKey, Extracted]) -> None:
        try:
            await self._change(change, read)
        except _UNKEEPABLE:
            keepable = {key: said for key, said in read.items() if await self._keeps(change, key, said)}
            await self._change(change, keepable)

    async def finish(self, fingerprint: str) -> None:
        await self._connection.execute(_SET, self._ehr_id, fingerprint)

    async def _change(self, change: Change, read: Mapping[VersionKey, Extracted]) -> None:
        rows = await asyncio.to_thread(rows_of, self._ehr_id, change.new, read)
        async with self._connection.transaction():
            await self.finish(self._unfinished)
            await self._drop(change)
            for table, columns in COLUMNS.items():
                await self._connection.copy_records_to_table(table, records=rows[table], columns=columns)

    async def _keeps(self, change: Change, key: VersionKey, said: Extracted) -> bool:
        """Tried, and undone."""
        alone = Change(change.gone, change.replaced, {key: change.new[key]})
        tried = self._connection.transaction()
        await tried.start()
        try:
            await self._change(alone, {key: said})
        except _UNKEEPABLE:
            return False
        finally:
            await tried.rollback()
        return True

    async def _drop(self, change: Change) -> None:
        if change.gone:
            for statement in _DROP:
                await self._connection.execute(statement, *map(list, zip(*change.gone, strict=True)))
        if change.replaced:
            former = *map(list, zip(*change.replaced, strict=True)), list(change.replaced.values())
            for statement in _REPLACE:
                await self._connection.execute(statement, *former)


def _version(row: asyncpg.Record) -> KeptVersion:
    template = row["template_id"]
    identity = Identity(TemplateId(template) if template else None, row["committed_at"], row["deleted"])
    return KeptVersion(identity, row["replaced_at"])


async def _unlock(connection: PoolConnectionProxy, ehr_id: EhrId) -> None:
    """The pool takes no locks from what comes back to it; a session of which that is not sure ends."""
    try:
        await connection.execute(_UNLOCK, ehr_id)
    except BaseException:
        connection.terminate()
        raise
