"""The outbox that triggers fill in EHRbase's database (schema `evt`): every commit, whoever made it.

Read by the same relay as any other outbox. A row holds ids only; whose EHR it is and who wrote through this
service comes from this service's own database, where both were put before EHRbase was asked.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog
from openward_contracts.actor import CDR_PREFIX, SYSTEM_ACTOR, Actor
from openward_contracts.event import outbox_columns
from openward_contracts.identifiers import EhrId, PatientId, VersionUid
from openward_servicekit.outbox.records import ArchivedRecord, OutboxRecord, SentRecord

from clinical.adapters.evt_mapping import Change, to_event

_log = structlog.get_logger(__name__)

_FETCH = """
select id, op, vo_kind, vo_id, sys_version, ehr_id, contribution_id, template_id, committed_at, committer,
       captured_at
from evt.ehr_event order by id limit $1
"""
_PATIENTS = "select ehr_id, patient_id from patient_ehr where ehr_id = any($1)"
_INTENTS = """
select version_uid, actor, roles, client_id, purpose, on_behalf_of, request_id, traceparent
from write_intent where version_uid = any($1) and state <> 'failed'
"""
_ARCHIVE = """
with sent as (
         select *
         from unnest($1::bigint[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::bytea[])
         as s (id, stream, stream_seq, event_id, subject, headers, payload)),
     gone as (delete from evt.ehr_event e using sent s where e.id = s.id
              returning e.*, s.stream, s.stream_seq, s.event_id, s.subject, s.headers, s.payload)
insert into evt.ehr_event_sent (id, event_id, subject, stream, stream_seq, headers, payload, op, vo_kind,
                                vo_id, sys_version, ehr_id, contribution_id, created_at)
select id, event_id, subject, stream, stream_seq, headers::jsonb, payload, op, vo_kind, vo_id, sys_version,
       ehr_id, contribution_id, captured_at
from gone on conflict do nothing
"""
_REPLAY = """
select event_id, subject, stream, stream_seq, headers::text, payload from evt.ehr_event_sent
where stream = $1 and stream_seq between $2 and $3 order by stream_seq, sent_at limit $4
"""
#: No stream keeps this subject, so the relay refuses the row, and says so in logs, metrics and readiness.
_UNTOLD = "untold"
_LOGIN = re.compile(r"[\w.@-]{1,64}")


class EvtOutbox:
    """An OutboxSource on a connection to EHRbase's database; `own` is this service's database."""

    def __init__(self, connection: asyncpg.Connection, own: asyncpg.Pool, system_id: str) -> None:
        self._connection = connection
        self._own = own
        self._system_id = system_id
        self._fetched: dict[int, OutboxRecord] = {}
        self._untold: set[int] = set()

    async def fetch(self, limit: int) -> Sequence[OutboxRecord]:
        rows = await self._connection.fetch(_FETCH, limit)
        if not rows:
            return []
        uids = [VersionUid.of(row["vo_id"], self._system_id, row["sys_version"]) for row in rows]
        patients = await self._own.fetch(_PATIENTS, [row["ehr_id"] for row in rows])
        births = [VersionUid.of(row["ehr_id"], self._system_id, 1) for row in rows if _is_birth(row)]
        intents = await self._own.fetch(_INTENTS, [*uids, *births])
        patient_of = {row["ehr_id"]: PatientId(row["patient_id"]) for row in patients}
        intent_of = {row["version_uid"]: row for row in intents}
        records = [
            self._told(row, uid, patient_of.get(row["ehr_id"]), self._intent(row, uid, intent_of))
            for row, uid in zip(rows, uids, strict=True)
        ]
        self._fetched = {record.id: record for record in records}
        return records

    def _told(
        self,
        row: asyncpg.Record,
        uid: VersionUid,
        patient_id: PatientId | None,
        intent: asyncpg.Record | None,
    ) -> OutboxRecord:
        """The row's event. One that cannot be made stays, loudly, and holds back its own object only."""
        try:
            return _record(row, uid, patient_id, intent)
        except Exception as error:  # noqa: BLE001  whatever it is, all other changes must be told
            if row["id"] not in self._untold:
                self._untold.add(row["id"])
                _log.error("evt.row_cannot_be_told", row=row["id"], why=type(error).__name__)
            created_at = row["captured_at"]
            return OutboxRecord(row["id"], UUID(int=0), _UNTOLD, str(row["vo_id"]), {}, b"", created_at)

    def _intent(
        self, row: asyncpg.Record, uid: VersionUid, intent_of: Mapping[str, asyncpg.Record]
    ) -> asyncpg.Record | None:
        """Of who made the version, not of who erases it; an EHR's is under its own id (`Kind.EHR`)."""
        if _is_erasure(row):
            return None
        birth = VersionUid.of(row["ehr_id"], self._system_id, 1) if _is_birth(row) else uid
        return intent_of.get(uid) or intent_of.get(birth)

    async def archive(self, sent: Sequence[SentRecord]) -> None:
        records = [self._fetched[s.id] for s in sent]
        await self._connection.execute(
            _ARCHIVE,
            [s.id for s in sent],
            [s.stream for s in sent],
            [s.stream_seq for s in sent],
            [record.event_id for record in records],
            [record.subject for record in records],
            [json.dumps(dict(record.headers)) for record in records],
            [record.payload for record in records],
        )

    async def replay(self, stream: str, first: int, last: int, limit: int) -> Sequence[ArchivedRecord]:
        rows = await self._connection.fetch(_REPLAY, stream, first, last, limit)
        return [ArchivedRecord(**{**row, "headers": json.loads(row["headers"])}) for row in rows]

    async def purge(self, older_than: timedelta, limit: int) -> int:
        return int(await self._connection.fetchval("select evt.purge_sent($1, $2)", older_than, limit))


def _record(
    row: asyncpg.Record, uid: VersionUid, patient_id: PatientId | None, intent: asyncpg.Record | None
) -> OutboxRecord:
    event = to_event(
        Change(
            op=row["op"],
            kind=row["vo_kind"],
            uid=uid,
            ehr_id=EhrId(row["ehr_id"]),
            contribution_id=row["contribution_id"],
            template_id=row["template_id"],
            committed_at=row["committed_at"] or row["captured_at"],
            patient_id=patient_id,
            actor=_actor(row, intent, patient_id),
            correlation_id=str((intent and intent["request_id"]) or row["contribution_id"]),
            traceparent=intent["traceparent"] if intent else None,
        )
    )
    columns = outbox_columns(event)
    return OutboxRecord(
        id=row["id"],
        event_id=columns.event_id,
        subject=columns.subject,
        aggregate_id=columns.aggregate_id,
        headers=columns.headers,
        payload=columns.payload,
        created_at=row["captured_at"],
    )


def _is_erasure(row: asyncpg.Record) -> bool:
    return bool(row["op"] == "physical_delete")


def _is_birth(row: asyncpg.Record) -> bool:
    """The first version of an EHR's status is the EHR's own beginning."""
    return bool(row["vo_kind"] == "ehr_status" and row["sys_version"] == 1 and not _is_erasure(row))


def _actor(row: asyncpg.Record, intent: asyncpg.Record | None, patient_id: PatientId | None) -> Actor:
    """Who wrote through us, by the intent; else the login that EHRbase saw. Names stay where they are."""
    if intent is not None:
        return Actor(
            intent["actor"],
            intent["client_id"],
            tuple(intent["roles"]),
            intent["on_behalf_of"],
            intent["purpose"],
        )
    if patient_id and _is_birth(row):
        return SYSTEM_ACTOR("clinical")  # nobody else makes EHRs under the registry's ids
    login = row["committer"] if row["committer"] and _LOGIN.fullmatch(row["committer"]) else "unnamed"
    return Actor(sub=f"{CDR_PREFIX}{login}", client_id="ehrbase", roles=())
