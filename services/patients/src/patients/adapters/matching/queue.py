"""Patients that wait to be compared, in PostgreSQL through Prisma."""

import json
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from openward_contracts.actor import Actor
from openward_contracts.identifiers import PatientId

from patients.adapters import rows
from patients.adapters.db import Prisma
from patients.adapters.errors import registry
from patients.adapters.matching.candidates import PostgresCandidates
from patients.adapters.matching.pairs import PUT, documents
from patients.domain.duplicates.pairs import Origin
from patients.domain.duplicates.runs import Compare, Pace, Queued, Run
from patients.domain.record import PatientRecord

_LONGEST = timedelta(seconds=60)
_WAIT = timedelta(seconds=10)


class PrismaQueue:
    """The MatchQueue port."""

    def __init__(self, db: Prisma) -> None:
        self._db = db

    async def pace(self) -> Pace:
        async with registry():
            (row,) = await self._db.query_raw(PACE)
        if not row["waiting"]:
            return Pace.IDLE
        return Pace.GENTLE if row["importing"] else Pace.EAGER

    async def work(self, most: int, compare: Compare) -> int:
        async with registry(), self._db.tx(max_wait=_WAIT, timeout=_LONGEST) as transaction:
            taken = await transaction.query_raw(TAKE, most)
            if taken:
                pairs = await compare([_queued(row) for row in taken], PostgresCandidates(transaction))
                if pairs:
                    await transaction.execute_raw(PUT, documents(pairs))
                await transaction.execute_raw(SETTLE, [int(row["id"]) for row in taken])
        return len(taken)

    async def advance(self, most: int) -> bool:
        async with registry():
            found = await self._db.query_raw(ADVANCE, most)
        return bool(found)

    async def start(self, run_id: UUID, since: datetime | None, actor: Actor) -> None:
        by = json.dumps(rows.actor(actor))
        async with registry():
            await self._db.execute_raw(START, str(run_id), since and since.isoformat(), by)

    async def run(self, run_id: UUID) -> Run | None:
        async with registry():
            found = await self._db.query_raw(RUN, str(run_id))
        return _run(json.loads(found[0]["run"])) if found else None


def _queued(row: dict[str, Any]) -> Queued:
    record = PatientRecord.model_validate_json(row["record"]) if row["record"] else None
    return Queued(PatientId(row["patient_id"]), Origin(row["origin"]), record)


def _run(row: dict[str, Any]) -> Run:
    moment = {name: row[name] and datetime.fromisoformat(row[name]) for name in _MOMENTS}
    return Run(id=UUID(row["id"]), queued=row["queued"], left=row["left"], **moment)


_MOMENTS = ("since", "created_at", "finished_at")

# Whoever sends a file may have gone away in the middle of it.
PACE: LiteralString = """
    select exists (select from match_queue)
           or exists (select from match_run where finished_at is null) as waiting,
           exists (select from import_job
                   where state = 'receiving' and updated_at > now() - interval '10 s') as importing
"""

TAKE: LiteralString = """
    with taken as (
        select id, patient_id, origin from match_queue order by id limit $1::int for update skip locked)
    select t.id::text, t.patient_id::text, t.origin,
           case when p.matchable and p.survivor_id is null then p.record::text end as record
    from taken t left join patient p on p.id = t.patient_id
    order by t.id
"""

SETTLE: LiteralString = "delete from match_queue where id = any ($1::bigint[])"

START: LiteralString = """
    insert into match_run (id, since, position_at, position_id, created_by)
    values ($1::uuid, $2::timestamptz, '-infinity', '00000000-0000-0000-0000-000000000000', $3::jsonb)
"""

# A re-run may have millions of patients: they are queued a few at a time, when nothing else waits.
ADVANCE: LiteralString = """
    with run as (
        select * from match_run where finished_at is null order by created_at, id limit 1
        for update skip locked),
    next as materialized (
        select p.* from run cross join lateral (
            select id, created_at, updated_at, matchable and survivor_id is null as compared from patient
            where (created_at, id) > (run.position_at, run.position_id)
            order by created_at, id limit $1::int) p),
    queued as (
        insert into match_queue (patient_id, origin)
        select next.id, 'rerun' from next, run
        where next.compared and (run.since is null or next.updated_at >= run.since)
        order by next.created_at, next.id
        returning 1),
    last as (select created_at, id from next order by created_at desc, id desc limit 1)
    update match_run m
    set position_at = coalesce((select created_at from last), m.position_at),
        position_id = coalesce((select id from last), m.position_id),
        queued = m.queued + (select count(*) from queued),
        finished_at = case when (select count(*) from next) < $1::int then now() end
    from run where m.id = run.id
    returning m.id::text
"""

RUN: LiteralString = """
    select json_build_object('id', id, 'since', since, 'queued', queued, 'created_at', created_at,
        'finished_at', finished_at,
        'left', (select count(*) from match_queue where origin = 'rerun'))::text as run
    from match_run where id = $1::uuid
"""
