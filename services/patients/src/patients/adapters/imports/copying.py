"""A chunk as one transaction: COPY into every table, and the import moved forward; or nothing of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final, LiteralString
from uuid import UUID

import asyncpg

from patients.adapters.imports.preparing import TABLES
from patients.adapters.imports.reaching import Connection, reached
from patients.adapters.known_words import KnownWords
from patients.domain.errors import RegistryBusy
from patients.domain.findable import name_keys
from patients.domain.imports.errors import ImportClosed
from patients.domain.imports.job import NOT_KEPT, Prepared, Problem
from patients.domain.imports.settling import HeldKey, Holder, Person, Ready, Settled, settled
from patients.domain.keys import edits
from patients.domain.mrn import mrn
from patients.domain.record import PatientRecord

_SECONDS: Final = 60
#: Written in the order of their index, whose pages are then found once for a chunk.
_BY_KEY: Final = frozenset({"patient_name", "patient_key", "patient_identifier"})
#: Somebody registered one of the identifiers meanwhile, or two wait for each other: look again.
_AGAIN: Final = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_ATTEMPTS: Final = 5

_HELD: LiteralString = """
select a.system, a.value_key, i.patient_id
from unnest($1::text[], $2::text[]) as a (system, value_key)
join patient_identifier i on (i.system, i.value_key, i.holder) = (a.system, a.value_key, '')
"""
_HOLDERS: LiteralString = """
with recursive chain as (
    select id as first_id, id, survivor_id from patient where id = any ($1::uuid[])
    union all
    select c.first_id, p.id, p.survivor_id from chain c join patient p on p.id = c.survivor_id)
select c.first_id, c.id as survivor, p.record::text as record, p.birth_date
from chain c join patient p on p.id = c.first_id where c.survivor_id is null
"""
_NUMBERS: LiteralString = "select nextval('mrn_number') from generate_series(1, $1::int)"
_FORWARD: LiteralString = """
update import_job
set lines = $3, registered = registered + $4, known = known + $5, refused = refused + $6,
    seconds = seconds + $7, header = coalesce($8, header), updated_at = now()
where id = $1 and lines = $2 and state = 'receiving'
returning true
"""
# The keys of `patients.domain.keys.delete_keys`, made where they are stored: eight for each new word.
_WORDS: LiteralString = """
with word as (
    insert into name_word (kind, word)
    select kind, word from unnest($1::text[], $2::text[]) as w (kind, word) order by kind, word
    on conflict do nothing returning kind, word)
insert into name_delete (kind, key, word)
select kind,
       case gone when 0 then left(word, $3) else overlay(left(word, $3) placing '' from gone for 1) end, word
from word cross join lateral generate_series(0, least(length(word), $3)) as g (gone)
on conflict do nothing
"""
TAKEN: Final = "identifier-taken"


class ChunkWriter:
    """On the connection that holds the import's lock: who loses it can write nothing."""

    def __init__(self, connection: Connection, words: KnownWords) -> None:
        self._connection = connection
        self._words = words

    async def write(self, import_id: UUID, prepared: Prepared, seconds: float) -> None:
        """Raises ImportClosed, RegistryBusy, UpstreamUnavailable, ConnectionLost."""
        for attempt in range(_ATTEMPTS):
            try:
                async with reached(), asyncio.timeout(_SECONDS):
                    return await self._write(import_id, prepared, seconds)
            except _AGAIN:
                await asyncio.sleep(0.05 * attempt)
        raise RegistryBusy

    async def _write(self, import_id: UUID, prepared: Prepared, seconds: float) -> None:
        async with self._connection.transaction():
            found = settled(prepared.ready, await self._holders(prepared.ready))
            problems = [*prepared.problems, *map(_taken, found.refused)]
            await self._forward(import_id, prepared, found, problems, seconds)
            await self._copy(found.registered)
            await self._note(import_id, problems)
            words = await self._add_words(found.registered)
        self._words.learn(words)

    async def _holders(self, ready: Iterable[Ready]) -> Mapping[HeldKey, Holder]:
        """Who has the identifiers of these lines, if somebody has."""
        asked = list({key for line in ready for key in line.held})
        found = await self._connection.fetch(
            _HELD, [system for system, _ in asked], [key for _, key in asked], timeout=_SECONDS
        )
        ids = {row["patient_id"] for row in found}
        rows = await self._connection.fetch(_HOLDERS, ids, timeout=_SECONDS) if ids else []
        holders = {row["first_id"]: Holder(row["survivor"], _person(row)) for row in rows}
        return {(row["system"], row["value_key"]): holders[row["patient_id"]] for row in found}

    async def _forward(
        self,
        import_id: UUID,
        prepared: Prepared,
        found: Settled,
        problems: Sequence[Problem],
        seconds: float,
    ) -> None:
        chunk = prepared.chunk
        refused = len({problem.line for problem in problems if problem.code != NOT_KEPT})
        counts = len(found.registered), found.known, refused
        moved = await self._connection.fetchval(
            *(_FORWARD, import_id, chunk.first - 1, chunk.last),
            *(*counts, seconds, prepared.header or None),
        )
        if not moved:
            state = await self._connection.fetchval("select state from import_job where id = $1", import_id)
            raise ImportClosed(state)

    async def _copy(self, lines: Sequence[Ready]) -> None:
        if not lines:
            return
        numbers = await self._connection.fetch(_NUMBERS, len(lines))
        for position, (table, columns) in enumerate(TABLES.items()):
            rows: Sequence[str] = [line.rows[position] for line in lines]
            if table == "patient":
                rows = [mrn(number) + row for (number,), row in zip(numbers, rows, strict=True)]
            elif table in _BY_KEY:
                rows = _sorted(rows)
            await self._connection.copy_to_table(
                table, source=_blocks(rows), columns=columns, format="text", timeout=_SECONDS
            )

    async def _note(self, import_id: UUID, problems: Sequence[Problem]) -> None:
        ordered = groupby(sorted(problems, key=lambda problem: problem.line), lambda problem: problem.line)
        rows = [
            (import_id, line, position, problem.pointer, problem.code, problem.detail)
            for line, of_line in ordered
            for position, problem in enumerate(of_line)
        ]
        if rows:
            columns = "import_id", "line", "position", "pointer", "code", "detail"
            await self._connection.copy_records_to_table("import_error", records=rows, columns=columns)

    async def _add_words(self, lines: Sequence[Ready]) -> frozenset[tuple[str, str]]:
        words = self._words.unknown(word for line in lines for word in line.words)
        if words:
            kinds, texts = zip(*sorted(words), strict=True)
            await self._connection.execute(_WORDS, kinds, texts, edits.LONGEST)
        return words


def _sorted(rows: Sequence[str]) -> list[str]:
    """Row by row: a line has several, or none. No value holds a line feed (`preparing` escapes it)."""
    return [f"{row}\n" for row in sorted("".join(rows).split("\n")) if row]


async def _blocks(rows: Sequence[str]) -> AsyncIterator[bytes]:
    """Blocks of some hundred kilobytes: neither many small messages nor one large one."""
    for start in range(0, len(rows), 500):
        yield "".join(rows[start : start + 500]).encode()


def _taken(line: int) -> Problem:
    return Problem(line, "", TAKEN, "an identifier belongs to another person, or two to different ones")


def _person(row: asyncpg.Record) -> Person:
    record = PatientRecord.model_validate_json(row["record"])
    names = [pair for name in record.names for pair in name_keys(name)]
    return Person.of(names, row["birth_date"])
