"""Encounters in this service's own database: every change one transaction with its step and its event."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from openward_contracts.actor import Actor
from openward_contracts.catalogue import source_of
from openward_contracts.encounters import (
    EncounterCancelled,
    EncounterClosed,
    EncounterOpened,
    EncounterTransferred,
    EncounterUpdated,
)
from openward_contracts.event import Event
from openward_contracts.identifiers import EhrId, EncounterId, PatientId
from openward_contracts.payload import Payload
from openward_servicekit.context import current_request_id
from openward_servicekit.outbox.postgres import insert_event
from openward_servicekit.telemetry import traceparent

from clinical.domain.cursors import Place
from clinical.domain.encounter import (
    IN_PATIENT,
    PRESENT,
    Change,
    Coded,
    Details,
    Encounter,
    EncounterClass,
    Location,
    Participant,
    Status,
    Step,
)
from clinical.domain.encounter_errors import EncounterNotFound, EncounterOverlap, EncounterVersionMismatch
from clinical.domain.encounter_ports import Wanted

#: Advisory lock: whether somebody has a bed is asked and answered for one person at a time.
_STAYS: Final = 0x656E6374

_INSERT = """
insert into encounter (encounter_id, patient_id, ehr_id, version, status, class, reason, participants,
                       location, planned_at, started_at, ended_at, sorted_at, recorded_at, recorded_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
_UPDATE = """
update encounter set version = $2, status = $3, class = $4, reason = $5, participants = $6, location = $7,
                     planned_at = $8, started_at = $9, ended_at = $10, sorted_at = $11
where encounter_id = $1 and version = $2 - 1
"""
_STEP = """
insert into encounter_step (encounter_id, version, change, status, class, location, at, why,
                            recorded_at, recorded_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_STAY = """
select encounter_id from encounter
where patient_id = any($1) and encounter_id <> $2 and class = any($3) and status = any($4)
limit 1
"""
_GET = "select * from encounter where encounter_id = $1 and patient_id = any($2)"
_PAGE = """
select * from encounter
where patient_id = any($1)
  and ($2::text[] is null or status = any($2))
  and ($3::text[] is null or class = any($3))
  and ($4::timestamptz is null or coalesce(ended_at, 'infinity') >= $4)
  and ($5::timestamptz is null or sorted_at < $5)
  and ($6::timestamptz is null or (sorted_at, encounter_id) < ($6, $7::uuid))
order by sorted_at desc, encounter_id desc
limit $8
"""
_STEPS = "select * from encounter_step where encounter_id = $1 order by version"


class PostgresEncounters:
    """The Encounters port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, encounter: Encounter, step: Step, actor: Actor, of: Sequence[PatientId]) -> Encounter:
        async with self._changing(of) as connection:
            if known := await connection.fetchrow(_GET, encounter.id, of):
                return encounter_of(known)
            await _check_stay(connection, encounter, of)
            await _insert(connection, encounter)
            await _note(connection, encounter, step, actor, reopened=False)
        return encounter

    async def replace(self, encounter: Encounter, step: Step, actor: Actor, of: Sequence[PatientId]) -> None:
        async with self._changing(of) as connection:
            await _check_stay(connection, encounter, of)
            if await connection.execute(_UPDATE, encounter.id, *_changing(encounter)) != "UPDATE 1":
                row = await connection.fetchrow(_GET, encounter.id, of)
                raise EncounterVersionMismatch(row["version"]) if row else EncounterNotFound
            await _note(connection, encounter, step, actor, reopened=step.change is Change.OPENED)

    @asynccontextmanager
    async def _changing(self, of: Sequence[PatientId]) -> AsyncIterator[PoolConnectionProxy]:
        """A transaction, one at a time for one person: merged patients lead to the same first one."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1, hashtext($2))", _STAYS, str(of[0]))
            try:
                yield connection
            except asyncpg.UniqueViolationError:  # they were merged, or freed, this very moment
                raise EncounterOverlap(None) from None

    async def get(self, encounter_id: EncounterId, of: Sequence[PatientId]) -> Encounter | None:
        row = await self._pool.fetchrow(_GET, encounter_id, of)
        return encounter_of(row) if row else None

    async def page(
        self, of: Sequence[PatientId], wanted: Wanted, after: Place | None, limit: int
    ) -> Sequence[Encounter]:
        rows = await self._pool.fetch(
            _PAGE,
            of,
            list(wanted.statuses) or None,
            list(wanted.classes) or None,
            wanted.since,
            wanted.until,
            after.at if after else None,
            after.id if after else None,
            limit,
        )
        return [encounter_of(row) for row in rows]

    async def steps(self, encounter_id: EncounterId) -> Sequence[Step]:
        return [_step(row) for row in await self._pool.fetch(_STEPS, encounter_id)]


async def _insert(connection: PoolConnectionProxy, encounter: Encounter) -> None:
    ids = encounter.id, encounter.patient_id, encounter.ehr_id
    recorded = encounter.recorded_at, encounter.recorded_by
    await connection.execute(_INSERT, *ids, *_changing(encounter), *recorded)


async def _check_stay(connection: PoolConnectionProxy, encounter: Encounter, of: Sequence[PatientId]) -> None:
    if encounter.is_stay:
        other = await connection.fetchval(_STAY, of, encounter.id, list(IN_PATIENT), list(PRESENT))
        if other is not None:
            raise EncounterOverlap(EncounterId(other))


async def _note(
    connection: PoolConnectionProxy, encounter: Encounter, step: Step, actor: Actor, *, reopened: bool
) -> None:
    place = _json(step.location)
    row = (step.change, step.status, step.encounter_class, place, step.at, step.why, step.recorded_at)
    await connection.execute(_STEP, encounter.id, step.version, *row, step.recorded_by)
    event = Event.of(
        _payload(encounter, step.change, reopened=reopened),
        source=source_of("clinical"),
        aggregate_id=encounter.id,
        aggregate_version=encounter.version,
        actor=actor,
        at=step.recorded_at,
        correlation_id=current_request_id() or f"{encounter.id}:{encounter.version}",
        traceparent=traceparent(),
    )
    await insert_event(connection, event)


def _payload(encounter: Encounter, change: Change, *, reopened: bool) -> Payload:
    common: dict[str, Any] = {
        "encounter_id": encounter.id,
        "patient_id": encounter.patient_id,
        "ehr_id": encounter.ehr_id,
        "version": encounter.version,
        "encounter_class": encounter.details.encounter_class,
        "status": encounter.status,
    }
    match change:
        case Change.OPENED:
            return EncounterOpened(**common, reopened=reopened)
        case Change.TRANSFERRED:
            return EncounterTransferred(**common, location_id=encounter.location and encounter.location.id)
        case Change.CLOSED:
            return EncounterClosed(**common)
        case Change.CANCELLED:
            return EncounterCancelled(**common)
        case Change.UPDATED:
            return EncounterUpdated(**common)


def _changing(encounter: Encounter) -> tuple[object, ...]:
    """From `version` to `sorted_at`."""
    details = encounter.details
    return (
        encounter.version,
        encounter.status,
        details.encounter_class,
        _json(details.reason),
        json.dumps([asdict(each) for each in details.participants]),
        _json(encounter.location),
        encounter.planned_at,
        encounter.started_at,
        encounter.ended_at,
        encounter.sorted_at,
    )


def _json(value: Coded | Location | None) -> str | None:
    return json.dumps(asdict(value)) if value else None


def encounter_of(row: asyncpg.Record) -> Encounter:
    return Encounter(
        id=EncounterId(row["encounter_id"]),
        patient_id=PatientId(row["patient_id"]),
        ehr_id=EhrId(row["ehr_id"]),
        version=row["version"],
        status=Status(row["status"]),
        details=Details(
            EncounterClass(row["class"]),
            Coded(**json.loads(row["reason"])) if row["reason"] else None,
            tuple(Participant(**each) for each in json.loads(row["participants"])),
        ),
        location=_location(row),
        planned_at=row["planned_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        recorded_at=row["recorded_at"],
        recorded_by=row["recorded_by"],
    )


def _step(row: asyncpg.Record) -> Step:
    return Step(
        version=row["version"],
        change=Change(row["change"]),
        status=Status(row["status"]),
        encounter_class=EncounterClass(row["class"]),
        location=_location(row),
        at=row["at"],
        recorded_at=row["recorded_at"],
        recorded_by=row["recorded_by"],
        why=row["why"],
    )


def _location(row: asyncpg.Record) -> Location | None:
    return Location(**json.loads(row["location"])) if row["location"] else None
