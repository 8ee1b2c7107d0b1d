"""Merges in this service's own database; what follows for reading and writing is in `postgres_ehrs`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from openward_contracts.actor import SYSTEM_ACTOR
from openward_contracts.clinical import EhrMerged, EhrUnmerged
from openward_contracts.event import Event
from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.payload import Payload
from openward_servicekit.outbox.postgres import insert_event

from clinical.adapters.evt_mapping import SOURCE
from clinical.domain.errors import MergeBusy, MergeOutOfOrder
from clinical.domain.merge import Decision, Merge, MergeState
from clinical.domain.review import Party

#: Advisory locks: decisions are recorded one after the other; an EHR's status has one writer.
_RECORDING: Final = 0x6D657267
_STATUS: Final = 0x73746174

#: It is known already: from before, or by its own undoing, which does not know when it was made.
_KNOWN = """
update patient_merge set merged_at = least(merged_at, $2) where merge_id = $1 returning merge_id
"""
_OWN_EHRS = """
insert into patient_ehr (patient_id, ehr_id) values ($1, $2), ($3, $4) on conflict do nothing
"""
#: Whoever leads to the source already: a survivor among them would close a circle.
_IN_THE_WAY = """
with recursive down as (
    select $1::uuid as patient_id
    union
    select m.source_id
    from down join patient_merge m on m.survivor_id = down.patient_id and m.unmerged_at is null)
select exists (select from down where patient_id = $2)
    or exists (select from patient_merge where source_id = $1 and unmerged_at is null)
"""
_RECORD = """
insert into patient_merge (merge_id, source_id, survivor_id, source_ehr_id, survivor_ehr_id, merged_at,
                           decided_by, correlation_id)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_UNDO = """
insert into patient_merge (merge_id, source_id, survivor_id, source_ehr_id, survivor_ehr_id, merged_at,
                           decided_by, correlation_id, state, unmerged_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'unmerging', $6)
on conflict (merge_id) do update
set state = excluded.state, unmerged_at = greatest(excluded.unmerged_at, patient_merge.merged_at),
    decided_by = excluded.decided_by, correlation_id = excluded.correlation_id, settled_at = null,
    changed_at = excluded.changed_at
where patient_merge.unmerged_at is null
"""
_SETTLE = """
update patient_merge set state = $3, settled_at = now() where merge_id = $1 and state = $2 returning merge_id
"""
_OF_EHR = "select * from patient_merge where source_ehr_id = $1 and"
_UNSETTLED = f"{_OF_EHR} state in ('merging', 'unmerging') order by merged_at, recorded_at"
_TO_SETTLE = "select distinct source_ehr_id from patient_merge where state in ('merging', 'unmerging')"
#: The patient and all who were merged into it when merge $1 was made, but for that merge itself.
_PARTY = """
with recursive party as (
    select $2::uuid as patient_id
    union
    select m.source_id
    from party join patient_merge m on m.survivor_id = party.patient_id
    where m.merge_id <> $1 and m.merged_at <= $3 and (m.unmerged_at is null or m.unmerged_at > $3))
select patient_id, ehr_id from party join patient_ehr using (patient_id)
"""


class PostgresMerges:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def record(self, decision: Decision) -> None:
        async with self._recording(decision) as connection:
            if await connection.fetchval(_KNOWN, decision.merge_id, decision.at):
                return
            if await connection.fetchval(_IN_THE_WAY, decision.source_id, decision.survivor_id):
                raise MergeOutOfOrder("A merge that is in the way of this one is not undone yet.")
            await connection.execute(_RECORD, *_columns(decision))

    async def undo(self, decision: Decision) -> None:
        async with self._recording(decision) as connection:
            await connection.execute(_UNDO, *_columns(decision))

    @asynccontextmanager
    async def alone(self, ehr_id: EhrId) -> AsyncIterator[None]:
        """By a lock of the session, which ends with the process whatever ends that."""
        key = "select pg_try_advisory_lock($1, hashtext($2))"
        async with self._pool.acquire() as connection:
            if not await connection.fetchval(key, _STATUS, str(ehr_id)):
                raise MergeBusy(f"the status of EHR {ehr_id} is being changed")
            try:
                yield
            finally:
                await _unlock(connection)

    async def of_id(self, merge_id: UUID) -> Merge | None:
        row = await self._pool.fetchrow("select * from patient_merge where merge_id = $1", merge_id)
        return _merge(row) if row else None

    async def unsettled(self, ehr_id: EhrId) -> Sequence[Merge]:
        return [_merge(row) for row in await self._pool.fetch(_UNSETTLED, ehr_id)]

    async def settled(self, ehr_id: EhrId) -> Merge | None:
        row = await self._pool.fetchrow(f"{_OF_EHR} state = 'merged'", ehr_id)
        return _merge(row) if row else None

    async def remember(self, merge: Merge, *, was_modifiable: bool) -> None:
        await self._pool.execute(
            "update patient_merge set was_modifiable = $2 where merge_id = $1 and was_modifiable is null",
            merge.merge_id,
            was_modifiable,
        )

    async def settle(self, merge: Merge, version: int) -> None:
        after = MergeState.MERGED if merge.holds else MergeState.UNMERGED
        async with self._pool.acquire() as connection, connection.transaction():
            # A decision that was taken back meanwhile is not settled any more: the next one is.
            if await connection.fetchval(_SETTLE, merge.merge_id, merge.state, after):
                await insert_event(connection, _event(merge, version))

    async def to_settle(self) -> Sequence[EhrId]:
        return [EhrId(row["source_ehr_id"]) for row in await self._pool.fetch(_TO_SETTLE)]

    async def locked(self, after: EhrId | None, limit: int) -> Sequence[EhrId]:
        rows = await self._pool.fetch(
            "select source_ehr_id from patient_merge where state = 'merged' "
            "and ($1::uuid is null or source_ehr_id > $1) order by source_ehr_id limit $2",
            after,
            limit,
        )
        return [EhrId(row["source_ehr_id"]) for row in rows]

    async def parties(self, merge: Merge) -> tuple[Party, Party]:
        decision = merge.decision
        return await self._party(merge, decision.source_id), await self._party(merge, decision.survivor_id)

    async def _party(self, merge: Merge, patient_id: PatientId) -> Party:
        rows = await self._pool.fetch(_PARTY, merge.merge_id, patient_id, merge.decision.at)
        return Party(
            frozenset(PatientId(row["patient_id"]) for row in rows),
            frozenset(EhrId(row["ehr_id"]) for row in rows),
        )

    @asynccontextmanager
    async def _recording(self, decision: Decision) -> AsyncIterator[PoolConnectionProxy]:
        """A transaction that sees all decisions recorded before, none at the same time, and both patients."""
        one = decision.source_id, decision.source_ehr_id
        other = decision.survivor_id, decision.survivor_ehr_id
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _RECORDING)
            await connection.execute(_OWN_EHRS, *one, *other)
            yield connection


def _columns(decision: Decision) -> tuple[object, ...]:
    return (
        decision.merge_id,
        decision.source_id,
        decision.survivor_id,
        decision.source_ehr_id,
        decision.survivor_ehr_id,
        decision.at,
        decision.decided_by,
        decision.correlation_id,
    )


def _event(merge: Merge, version: int) -> Event[Payload]:
    """On the service's own account, for whoever decided."""
    decision = merge.decision
    payload: Payload = (EhrMerged if merge.holds else EhrUnmerged)(
        merge_id=merge.merge_id,
        patient_id=decision.source_id,
        ehr_id=merge.ehr_id,
        survivor_ehr_id=decision.survivor_ehr_id,
    )
    return Event.of(
        payload,
        source=SOURCE,
        aggregate_id=merge.ehr_id,
        aggregate_version=version,
        actor=replace(SYSTEM_ACTOR("clinical"), on_behalf_of=decision.decided_by),
        at=datetime.now(UTC),
        correlation_id=decision.correlation_id,
    )


def _merge(row: asyncpg.Record) -> Merge:
    decision = Decision(
        row["merge_id"],
        PatientId(row["source_id"]),
        PatientId(row["survivor_id"]),
        EhrId(row["source_ehr_id"]),
        EhrId(row["survivor_ehr_id"]),
        row["merged_at"],
        row["decided_by"],
        row["correlation_id"],
    )
    return Merge(decision, MergeState(row["state"]), row["was_modifiable"], row["unmerged_at"])


async def _unlock(connection: asyncpg.pool.PoolConnectionProxy) -> None:
    """The pool takes no locks from what comes back to it; a session of which that is not sure ends."""
    try:
        await connection.execute("select pg_advisory_unlock_all()")
    except BaseException:
        connection.terminate()
        raise
