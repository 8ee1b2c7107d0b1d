"""The writer's side of the log in PostgreSQL (asyncpg: ADR 0014), on the connection that holds its lock."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import asyncpg
from openward_servicekit.database import AWAY

from audit.domain.entry import NewEntry, unseen
from audit.domain.errors import LogLost
from audit.domain.ports import Appended, Position

_POSITION: Final = (
    "select stream, incarnation, last_sequence, last_fingerprint from stream_position where stream = $1"
)
#: Also fences: a writer that is not at the stream's position has missed that another one writes.
_MOVE: Final = """
update stream_position set last_sequence = $4, last_fingerprint = $5, updated_at = now()
where stream = $1 and incarnation = $2 and last_sequence = $3
"""
_BEGIN_AGAIN: Final = """
update stream_position
set incarnation = incarnation + 1, last_sequence = $4, last_fingerprint = $5,
    restarted_at = now(), updated_at = now()
where stream = $1 and incarnation = $2 and last_sequence = $3
"""
_KNOWN: Final = "select event_id, record from audit_entry where event_id = any($1)"
_NEXT_INDEX: Final = "select coalesce(max(idx) + 1, 0) from audit_entry"
_NOTE_GAP: Final = """
insert into sequence_gap (stream, incarnation, sequence)
select $1, $2, generate_series($3::bigint, $4::bigint)
on conflict do nothing
"""
_REPAIRED: Final = """
update sequence_gap set repaired_at = now()
where stream = $1 and incarnation = $2 and sequence = any($3::bigint[]) and repaired_at is null
"""
_STOP: Final = "update stream_position set stopped = $2 where stream = $1"
_ENTRY_COLUMNS: Final = (
    "idx", "stream", "incarnation", "sequence", "event_id", "kind", "occurred_at", "actor", "actor_kind",
    "actor_claims", "patient_ids", "ehr_ids", "version_uid", "template_id", "outcome", "correlation_id",
    "repaired", "record",
)  # fmt: skip


class PostgresLog:
    """The Log port. Its methods may be called at once; they take turns."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    async def check(self) -> None:
        """Raises LogLost."""
        async with self._using() as connection:
            await connection.execute("select 1")

    async def position(self, stream: str) -> Position:
        async with self._using() as connection:
            row = await connection.fetchrow(_POSITION, stream)
        if row is None:
            raise LookupError(f"no migration has made a position for {stream}")
        return Position(*row)

    async def unseen(self, entries: Sequence[NewEntry]) -> Sequence[NewEntry]:
        async with self._using() as connection:
            return await _unseen(connection, entries)

    async def append(self, position: Position, entries: Sequence[NewEntry], *, repaired: bool) -> Appended:
        last = entries[-1]
        async with self._using() as connection, connection.transaction():
            await _move(connection, _MOVE, position, last.sequence, last.fingerprint)
            added = await _unseen(connection, entries)
            if added:
                await _add(connection, position.incarnation, added, repaired=repaired)
            if repaired:
                sequences = [entry.sequence for entry in entries]
                await connection.execute(_REPAIRED, position.stream, position.incarnation, sequences)
        reached = Position(position.stream, position.incarnation, last.sequence, last.fingerprint)
        return Appended(reached, added)

    async def note_gap(self, position: Position, missing: range) -> int:
        async with self._using() as connection:
            status = await connection.execute(
                _NOTE_GAP, position.stream, position.incarnation, missing[0], missing[-1]
            )
        return _count(status)

    async def begin_again(self, position: Position, sequence: int, fingerprint: UUID | None) -> None:
        async with self._using() as connection:
            await _move(connection, _BEGIN_AGAIN, position, sequence, fingerprint)

    async def stop(self, stream: str, why: str | None) -> None:
        async with self._using() as connection:
            await connection.execute(_STOP, stream, why)

    @asynccontextmanager
    async def _using(self) -> AsyncIterator[asyncpg.Connection]:
        async with self._turn:
            try:
                yield self._connection
            except AWAY as error:
                raise LogLost(type(error).__name__) from error


async def _unseen(connection: asyncpg.Connection, entries: Sequence[NewEntry]) -> list[NewEntry]:
    ids = [one for entry in entries for one in (entry.event_id, entry.fingerprint)]
    known = await connection.fetch(_KNOWN, ids)
    return unseen(entries, {row["event_id"]: row["record"] for row in known})


async def _move(
    connection: asyncpg.Connection, statement: str, at: Position, sequence: int, fingerprint: UUID | None
) -> None:
    status = await connection.execute(
        statement, at.stream, at.incarnation, at.sequence, sequence, fingerprint
    )
    if not _count(status):
        raise LogLost(f"{at.stream} is not at {at.sequence} any more")


async def _add(
    connection: asyncpg.Connection, incarnation: int, entries: Sequence[NewEntry], *, repaired: bool
) -> None:
    first: int = await connection.fetchval(_NEXT_INDEX)
    rows = [_row(index, incarnation, entry, repaired=repaired) for index, entry in enumerate(entries, first)]
    await connection.copy_records_to_table("audit_entry", columns=_ENTRY_COLUMNS, records=rows)
    patients = [
        (patient, index) for index, entry in enumerate(entries, first) for patient in entry.patient_ids
    ]
    if patients:
        await connection.copy_records_to_table("audit_entry_patient", records=patients)


def _row(index: int, incarnation: int, entry: NewEntry, *, repaired: bool) -> tuple[object, ...]:
    return (
        index,
        entry.stream,
        incarnation,
        entry.sequence,
        entry.event_id,
        entry.kind,
        entry.occurred_at,
        entry.actor,
        entry.actor_kind,
        entry.actor_claims,
        entry.patient_ids,
        entry.ehr_ids,
        entry.version_uid,
        entry.template_id,
        entry.outcome,
        entry.correlation_id,
        repaired,
        entry.record,
    )


def _count(status: str) -> int:
    """Of the rows that a statement says it has changed: `UPDATE 1`, `INSERT 0 3`."""
    return int(status.rpartition(" ")[2])
