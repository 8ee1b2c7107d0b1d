"""The reader's side of the log in PostgreSQL (asyncpg: ADR 0014)."""

from collections.abc import Sequence
from typing import Final, TypeVar
from uuid import UUID

import asyncpg
from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid

from audit.adapters.entry_query import entry_query
from audit.domain.entry import Outcome
from audit.domain.ports import Progress
from audit.domain.search import Entry, Filters, Place

Id = TypeVar("Id", PatientId, EhrId)

_PROGRESS: Final = """
select s.stream, s.last_sequence, s.stopped, s.restarted_at, s.updated_at,
       count(g.sequence) as found, count(g.repaired_at) as repaired
from stream_position s left join sequence_gap g on g.stream = s.stream
group by s.stream order by s.stream
"""


class PostgresEntries:
    """The Entries and Progresses ports."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, filters: Filters, after: Place | None, limit: int) -> Sequence[Entry]:
        statement, parameters = entry_query(filters, after, limit)
        rows = await self._pool.fetch(statement, *parameters)
        return [_entry(row, filters.patient_id) for row in rows]

    async def progress(self) -> Sequence[Progress]:
        return [
            Progress(
                stream=row["stream"],
                sequence=row["last_sequence"],
                gaps_found=row["found"],
                gaps_repaired=row["repaired"],
                stopped=row["stopped"],
                restarted_at=row["restarted_at"],
                updated_at=row["updated_at"],
            )
            for row in await self._pool.fetch(_PROGRESS)
        ]


def _entry(row: asyncpg.Record, asked: PatientId | None) -> Entry:
    return Entry(
        index=row["idx"],
        stream=row["stream"],
        sequence=row["sequence"],
        event_id=row["event_id"],
        kind=row["kind"],
        time=row["occurred_at"],
        actor=row["actor"],
        patient_id=asked or _only(row["patient_ids"], PatientId),
        ehr_id=_only(row["ehr_ids"], EhrId),
        version_uid=VersionUid(row["version_uid"]) if row["version_uid"] else None,
        template_id=TemplateId(row["template_id"]) if row["template_id"] else None,
        outcome=Outcome(row["outcome"]),
        correlation_id=row["correlation_id"],
        repaired=row["repaired"],
    )


def _only(ids: Sequence[UUID], kind: type[Id]) -> Id | None:
    return kind(ids[0]) if len(ids) == 1 else None
