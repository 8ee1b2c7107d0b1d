"""How the encounters of compositions changed: each step with its event, in the transaction of what holds."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from openward_contracts.actor import Actor
from openward_contracts.clinical import CompositionPlaced
from openward_contracts.event import Event
from openward_contracts.identifiers import EncounterId, PatientId
from openward_servicekit.outbox.postgres import insert_event

from clinical.adapters.evt_mapping import SOURCE
from clinical.adapters.postgres_persons import LAST_CHANGE
from clinical.domain.belonging import Move, Placing, Step

#: The time is that of the step, not of the transaction, which has waited for the one before.
_ADD = """
insert into composition_encounter_step
    (object_id, step, ehr_id, version, from_encounter, to_encounter,
     recorded_by, roles, client_id, purpose, on_behalf_of, recorded_at)
select $1, coalesce(max(step), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp()
from composition_encounter_step where object_id = $1
returning step, recorded_at, (select patient_id from patient_ehr where ehr_id = $2) as patient_id
"""
#: What is another person's encounter by now, as they were unmerged, is not named.
STEPS = """
select s.*, l.encounter_id as "left", e.encounter_id as entered
from composition_encounter_step s
left join encounter l on l.encounter_id = s.from_encounter and l.patient_id = any($2)
left join encounter e on e.encounter_id = s.to_encounter and e.patient_id = any($2)
where s.object_id = $1 order by s.step
"""
#: An encounter is one of the person's, or is not any more, since its patient was merged or freed.
MOVED_AT = f"""
select s.object_id, greatest(max(s.recorded_at), {LAST_CHANGE.format("e.patient_id")}) as moved_at
from composition_encounter_step s
left join composition_encounter b on b.object_id = s.object_id
left join encounter e on e.encounter_id = b.encounter_id
where s.object_id = any($1) group by s.object_id, e.patient_id
"""  # noqa: S608  constants


@dataclass(frozen=True)
class Origin:
    """The request that it began with, and its trace."""

    request_id: str | None
    traceparent: str | None


async def add_step(
    connection: PoolConnectionProxy, placing: Placing, before: UUID | None, origin: Origin
) -> datetime:
    """When it was; one at a time for a composition, so that they are counted."""
    uid, actor = placing.version_uid, placing.actor
    where = placing.ehr_id, uid.version, before, placing.encounter_id
    who = actor.sub, list(actor.roles), actor.client_id, actor.purpose, actor.on_behalf_of
    [row] = await connection.fetch(_ADD, uid.object_id, *where, *who)
    event = Event.of(
        _payload(placing, before, row),
        source=SOURCE,
        aggregate_id=uid.object_id,
        aggregate_version=uid.version,
        actor=actor,
        at=row["recorded_at"],
        correlation_id=origin.request_id or f"{uid.object_id}:{row['step']}",
        traceparent=origin.traceparent,
    )
    await insert_event(connection, event)
    at: datetime = row["recorded_at"]
    return at


def _payload(placing: Placing, before: UUID | None, row: asyncpg.Record) -> CompositionPlaced:
    return CompositionPlaced(
        ehr_id=placing.ehr_id,
        patient_id=PatientId(row["patient_id"]) if row["patient_id"] else None,
        version_uid=placing.version_uid,
        template_id=placing.template_id,
        step=row["step"],
        encounter_id=placing.encounter_id,
        from_encounter_id=EncounterId(before) if before else None,
    )


def step_of(row: asyncpg.Record) -> Step:
    """Of a row of STEPS."""
    roles = tuple(row["roles"])
    return Step(
        row["step"],
        _change(row),
        row["version"],
        EncounterId(row["left"]) if row["left"] else None,
        EncounterId(row["entered"]) if row["entered"] else None,
        Actor(row["recorded_by"], row["client_id"], roles, row["on_behalf_of"], row["purpose"]),
        row["recorded_at"],
    )


def _change(row: asyncpg.Record) -> Move:
    if row["to_encounter"] is None:
        return Move.TAKEN_OUT
    return Move.PUT_IN if row["from_encounter"] is None else Move.MOVED
