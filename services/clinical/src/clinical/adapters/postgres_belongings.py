"""Which encounters compositions belong to, in this service's own database."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, EncounterId, PatientId, TemplateId, VersionUid
from openward_servicekit.context import current_request_id
from openward_servicekit.telemetry import traceparent

from clinical.adapters.belonging_steps import MOVED_AT, STEPS, Origin, add_step, step_of
from clinical.adapters.postgres_intents import ABANDONED
from clinical.domain.belonging import Belonging, Placing, Step, Wish
from clinical.domain.cursors import Place
from clinical.domain.intent import Kind

#: The request that said it sees to it itself; after this it has died, or EHRbase was away.
OVERDUE = timedelta(seconds=15)

#: The longest pause between two attempts.
LONGEST = timedelta(hours=1)

#: EHRbase has carried out, or given up, what it was asked for after this.
_DOUBT = f"interval '{ABANDONED.total_seconds()} seconds'"
#: What is said and what is wished of one composition comes one after the other, and sees what came before.
_LOCK = "select pg_advisory_xact_lock(uuid_hash_extended($1, 0x656e63))"
#: What it belongs to until now, which nobody else changes before this transaction ends.
_BEFORE = "select encounter_id from composition_encounter where object_id = $1 for update"
#: Who said what holds no more may be telling EHRbase now, or have given up on that.
_PUT = f"""
insert into composition_encounter as kept
    (object_id, ehr_id, encounter_id, version, recorded_by, recorded_at, due_at)
values ($1, $2, $3, $4, $5, $6, now() + $7::interval)
on conflict (object_id) do update set
    ehr_id = excluded.ehr_id, encounter_id = excluded.encounter_id, version = excluded.version,
    recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at,
    state = 'pending', attempts = 1, due_at = excluded.due_at,
    quiet_at = case when kept.state = 'pending' and kept.attempts > 0 then now() + {_DOUBT}
                    else kept.quiet_at end
"""  # noqa: S608  constants
#: Wishes of this version and earlier ones; a correction that is being written now comes true after this.
_OUTDATE = """
update write_intent set to_encounter = null
where object_id = $1 and to_encounter is not null and split_part(version_uid, '::', 3)::int <= $2
"""
_WISH = "select * from write_intent where version_uid = $1 and to_encounter is not null for update"
_PENDING = "select * from composition_encounter where object_id = $1 and state = 'pending' for update"
#: `now()` is when it was begun to look. Where EHRbase may change it yet, it is looked at once more.
_TAKEN_OUT = """
delete from composition_encounter
where object_id = $1 and encounter_id is null and (quiet_at is null or quiet_at <= now())
"""
_SETTLED = """
update composition_encounter set
    attempts = 0, due_at = coalesce(quiet_at, due_at),
    state = case when quiet_at > now() then 'pending' else 'done' end
where object_id = $1
"""
_FORGET = "delete from composition_encounter where object_id = $1"
_OF = """
select object_id, encounter_id from composition_encounter join encounter using (encounter_id)
where object_id = any($1) and patient_id = any($2)
"""
_PAGE = """
select * from composition_encounter
where encounter_id = $1 and ehr_id = any($2)
  and ($3::timestamptz is null or (recorded_at, object_id) < ($3, $4::uuid))
order by recorded_at desc, object_id desc
limit $5
"""
#: One that is taken up was not ended well by whoever was at it, whose request may still be carried out.
_TAKE_UP = f"""
with due as (
    select object_id from composition_encounter where state = 'pending' and due_at <= now()
    order by due_at limit $1 for update skip locked
)
update composition_encounter taken set
    attempts = attempts + 1,
    quiet_at = case when attempts > 0 then now() + {_DOUBT} else quiet_at end,
    due_at = now() + least($2::interval * 2 ^ least(attempts, 16), $3::interval)
from due where taken.object_id = due.object_id
returning taken.object_id
"""  # noqa: S608  constants
_WISHES = """
select version_uid, ehr_id, kind, state from write_intent
where to_encounter is not null
  and created_at < now() - case state when 'committed' then $1::interval else $2::interval end
order by created_at limit $3
"""
_DROP = "update write_intent set to_encounter = null where version_uid = $1"


class PostgresBelongings:
    """The Belongings port."""

    def __init__(self, pool: asyncpg.Pool, overdue: timedelta = OVERDUE) -> None:
        self._pool = pool
        self._overdue = overdue

    async def say(self, placing: Placing, leaving: EncounterId | None = None) -> bool:
        async with self._alone(placing.version_uid.object_id) as connection:
            return await self._place(
                connection, placing, Origin(current_request_id(), traceparent()), leaving
            )

    async def take(self, uid: VersionUid) -> None:
        async with self._alone(uid.object_id) as connection:
            if wish := await connection.fetchrow(_WISH, uid):
                origin = Origin(wish["request_id"], wish["traceparent"])
                await self._place(connection, _placing(uid, wish), origin)

    async def _place(
        self,
        connection: PoolConnectionProxy,
        placing: Placing,
        origin: Origin,
        leaving: EncounterId | None = None,
    ) -> bool:
        """What it belongs to already, it is not put into again. False: it does not belong to `leaving`."""
        uid = placing.version_uid
        before = await connection.fetchval(_BEFORE, uid.object_id)
        if leaving and before != leaving:
            return False
        await connection.execute(_OUTDATE, uid.object_id, uid.version)
        if before != placing.encounter_id:
            at = await add_step(connection, placing, before, origin)
            said = placing.ehr_id, placing.encounter_id, uid.version, placing.actor.sub, at
            await connection.execute(_PUT, uid.object_id, *said, self._overdue)
        return True

    @asynccontextmanager
    async def settling(self, object_id: UUID) -> AsyncIterator[Belonging | None]:
        """The row is locked as long; whoever dies with it leaves it as it was."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(_PENDING, object_id)
            yield _belonging(row) if row else None
            if row:
                await connection.execute(_TAKEN_OUT, object_id)
                await connection.execute(_SETTLED, object_id)

    async def forget(self, object_id: UUID) -> None:
        await self._pool.execute(_FORGET, object_id)

    async def of(
        self, object_ids: Collection[UUID], patients: Sequence[PatientId]
    ) -> Mapping[UUID, EncounterId]:
        if not (object_ids and patients):
            return {}
        rows = await self._pool.fetch(_OF, list(object_ids), list(patients))
        return {row["object_id"]: EncounterId(row["encounter_id"]) for row in rows}

    async def steps(self, object_id: UUID, patients: Sequence[PatientId]) -> Sequence[Step]:
        return [step_of(row) for row in await self._pool.fetch(STEPS, object_id, list(patients))]

    async def moved_at(self, object_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        rows = await self._pool.fetch(MOVED_AT, list(object_ids))
        return {row["object_id"]: row["moved_at"] for row in rows}

    async def page(
        self, encounter_id: EncounterId, ehr_ids: Collection[EhrId], after: Place | None, limit: int
    ) -> Sequence[Belonging]:
        at, last, _ = after or (None, None, 0)
        rows = await self._pool.fetch(_PAGE, encounter_id, list(ehr_ids), at, last, limit)
        return [_belonging(row) for row in rows]

    async def take_up(self, limit: int) -> Sequence[UUID]:
        rows = await self._pool.fetch(_TAKE_UP, limit, self._overdue, LONGEST)
        return [row["object_id"] for row in rows]

    async def wishes(self, limit: int) -> Sequence[Wish]:
        rows = await self._pool.fetch(_WISHES, self._overdue, ABANDONED + self._overdue, limit)
        return [_wish(row) for row in rows]

    async def drop(self, uid: VersionUid) -> None:
        await self._pool.execute(_DROP, uid)

    @asynccontextmanager
    async def _alone(self, object_id: UUID) -> AsyncIterator[PoolConnectionProxy]:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_LOCK, object_id)
            yield connection


def _belonging(row: asyncpg.Record) -> Belonging:
    encounter_id = row["encounter_id"]
    return Belonging(
        row["object_id"],
        EhrId(row["ehr_id"]),
        EncounterId(encounter_id) if encounter_id else None,
        row["version"],
        row["recorded_by"],
        row["recorded_at"],
    )


def _placing(uid: VersionUid, wish: asyncpg.Record) -> Placing:
    template = wish["template_id"]
    return Placing(
        uid,
        EhrId(wish["ehr_id"]),
        TemplateId(template) if template else None,
        EncounterId(wish["to_encounter"]),
        Actor(wish["actor"], wish["client_id"], tuple(wish["roles"]), wish["on_behalf_of"], wish["purpose"]),
    )


def _wish(row: asyncpg.Record) -> Wish:
    uid, committed = VersionUid(row["version_uid"]), row["state"] == "committed"
    return Wish(uid, EhrId(row["ehr_id"]), Kind(row["kind"]), committed)
