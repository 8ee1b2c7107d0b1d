"""The reader's side of the log in PostgreSQL (asyncpg: ADR 0014)."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg
from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid

from audit.domain.entry import Outcome
from audit.domain.ports import Progress
from audit.domain.search import Entry, Filters

Id = TypeVar("Id", PatientId, EhrId)

_COLUMNS: Final = """
e.idx, e.stream, e.sequence, e.event_id, e.kind, e.occurred_at, e.actor, e.patient_ids, e.ehr_ids,
e.version_uid, e.template_id, e.outcome, e.correlation_id, e.repaired
"""
_ALL: Final = ("audit_entry e", "e.idx")
#: The order comes from this table's key, so a page costs as much as it has rows.
_OF_A_PATIENT: Final = ("audit_entry_patient p join audit_entry e on e.idx = p.idx", "p.idx")
_PROGRESS: Final = """
select s.stream, s.last_sequence, s.stopped, s.restarted_at, s.updated_at,
       count(g.sequence) as found, count(g.repaired_at) as repaired
from stream_position s left join sequence_gap g on g.stream = s.stream
group by s.stream order by s.stream
"""
#: After every character that a subject has after a dot.
_AFTER_PREFIX: Final = chr(ord(".") + 1)


class PostgresEntries:
    """The Entries and Progresses ports."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, filters: Filters, before: int | None, limit: int) -> Sequence[Entry]:
        source, order = _OF_A_PATIENT if filters.patient_id else _ALL
        conditions = _conditions(filters, before, order)
        terms = [template.format(f"${n}") for n, template in enumerate(conditions, 1)]
        where = f"where {' and '.join(terms)}" if terms else ""
        rows = await self._pool.fetch(
            f"select {_COLUMNS} from {source} {where} order by {order} desc limit {limit:d}",  # noqa: S608  texts of this file; values are parameters
            *conditions.values(),
        )
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


def _conditions(filters: Filters, before: int | None, index: str) -> dict[str, Any]:
    """Each with its one parameter; `{}` stands for its place."""
    prefix = filters.kind if filters.kind and filters.kind.endswith(".") else None
    conditions = {
        f"{index} < {{}}": before,
        "p.patient_id = {}": filters.patient_id,
        "e.actor = {}": filters.actor,
        "e.kind = {}": None if prefix else filters.kind,
        "e.kind >= {}": prefix,
        "e.kind < {}": prefix and prefix[:-1] + _AFTER_PREFIX,
        "e.occurred_at >= {}": filters.since,
        "e.occurred_at < {}": filters.until,
    }
    return {condition: value for condition, value in conditions.items() if value is not None}


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
