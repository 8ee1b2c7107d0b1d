"""Imports in PostgreSQL, on asyncpg (ADR 0020)."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Final, LiteralString
from uuid import UUID

import asyncpg
from openward_contracts.actor import Actor
from openward_servicekit.telemetry import traceparent

from patients.adapters import rows
from patients.adapters.events import SOURCE
from patients.adapters.imports.announcing import Announcement
from patients.adapters.imports.copying import ChunkWriter
from patients.adapters.imports.parsing import Parser, open_parser
from patients.adapters.imports.preparing import Task
from patients.adapters.imports.reaching import Connection, reached
from patients.adapters.known_words import KnownWords
from patients.domain.imports.errors import (
    ImportClosed,
    ImportExists,
    ImportIncomplete,
    ImportInUse,
    ImportNotFound,
    ImportsBusy,
)
from patients.domain.imports.job import Import, ImportSettings, Prepared, Problem, State
from patients.domain.imports.splitting import Chunk
from patients.domain.ports import DomainRepository

#: Each has a process that reads its lines and a connection of the pool.
MOST_AT_ONCE: Final = 2

_COLUMNS: LiteralString = """
    id, format, mapping::text, header, source, state, lines, registered, known, refused, seconds, created_at,
    created_by::text, updated_at, finished_at
"""
_ADD: LiteralString = """
    insert into import_job (id, format, mapping, header, source, created_by)
    values ($1, $2, $3::text::jsonb, '{}', $4, $5::text::jsonb) on conflict do nothing
"""
_GET: LiteralString = f"select {_COLUMNS} from import_job where id = $1"  # noqa: S608  all of it is above
_PROBLEMS: LiteralString = """
    select line, position, pointer, code, detail from import_error
    where import_id = $1 and (line, position) > ($2, $3) order by line, position limit $4
"""
_FINISH: LiteralString = """
    update import_job set state = $2, finished_at = now(), updated_at = now()
    where id = $1 and state = 'receiving'
"""
_TRY_LOCK: LiteralString = "select pg_try_advisory_lock(hashtextextended('openward.import.' || $1, 0))"
# Tables grow under a plan that was made when they were empty; and the lock of a host that vanished must end.
_PREPARE: LiteralString = """
    select set_config(name, value, false) from (values
        ('plan_cache_mode', 'force_custom_plan'), ('tcp_keepalives_idle', '5'),
        ('tcp_keepalives_interval', '2'), ('tcp_keepalives_count', '3')) as s (name, value)
"""


@dataclass
class PostgresSending:
    """The Sending port."""

    job: Import
    _actor: Actor
    _parser: Parser
    _writer: ChunkWriter
    _domains: DomainRepository
    _region: str | None
    _settled_at: float = field(default_factory=monotonic)

    async def prepare(self, chunk: Chunk, header: tuple[str, ...]) -> Prepared:
        at = datetime.now(UTC)
        announcement = Announcement.of(
            self._actor, at, source=SOURCE, correlation_id=str(self.job.id), traceparent=traceparent()
        )
        outcome = await self._parser.prepare(
            Task(
                import_id=self.job.id,
                began=self.job.created_at,
                settings=self.job.settings,
                header=header,
                domains=await self._domains.current(),
                region=self._region,
                actor=json.dumps(rows.actor(self._actor)),
                at=at,
                announcement=announcement,
                chunk=chunk,
            )
        )
        return Prepared(chunk, outcome.ready, outcome.problems, header)

    async def settle(self, prepared: Prepared) -> None:
        before, self._settled_at = self._settled_at, monotonic()
        await self._writer.write(self.job.id, prepared, self._settled_at - before)


class PostgresImports:
    """The ImportRepository port."""

    def __init__(self, pool: asyncpg.Pool, domains: DomainRepository, region: str | None) -> None:
        self._pool = pool
        self._domains = domains
        self._region = region
        self._words = KnownWords()
        self._free = MOST_AT_ONCE

    async def add(self, import_id: UUID, settings: ImportSettings, actor: Actor) -> Import:
        mapping = settings.mapping.model_dump_json() if settings.mapping else None
        made_by = json.dumps(rows.actor(actor))
        async with self._connection() as connection:
            await connection.execute(_ADD, import_id, settings.format, mapping, settings.source, made_by)
            job = await _get(connection, import_id)
        if job.settings != settings:
            raise ImportExists
        return job

    async def get(self, import_id: UUID) -> Import:
        async with self._connection() as connection:
            return await _get(connection, import_id)

    async def problems(
        self, import_id: UUID, after: tuple[int, int], limit: int
    ) -> Sequence[tuple[int, Problem]]:
        async with self._connection() as connection:
            found = await connection.fetch(_PROBLEMS, import_id, *after, limit)
        return [(row["position"], _problem(row)) for row in found]

    async def finish(self, import_id: UUID, state: State, lines: int | None) -> Import:
        async with self._connection() as connection:
            if state is State.DONE:
                await _lock(connection, import_id)
            job = await _get(connection, import_id)
            if job.state not in {State.RECEIVING, state}:
                raise ImportClosed(job.state)
            if lines is not None and lines != job.lines:
                raise ImportIncomplete(job.lines)
            await connection.execute(_FINISH, import_id, state)
            return await _get(connection, import_id)

    @asynccontextmanager
    async def sending(self, import_id: UUID, actor: Actor) -> AsyncIterator[PostgresSending]:
        async with (
            self._one_of_few(),
            self._locked(import_id) as (connection, job),
            open_parser() as parser,
        ):
            writer = ChunkWriter(connection, self._words)
            yield PostgresSending(job, actor, parser, writer, self._domains, self._region)

    @asynccontextmanager
    async def _locked(self, import_id: UUID) -> AsyncIterator[tuple[Connection, Import]]:
        """What fails in the block is not the database's failure: the sender's connection may break, too."""
        async with reached():
            connection = await self._pool.acquire()
        try:
            async with reached():
                await connection.execute(_PREPARE)
                await _lock(connection, import_id)
                job = await _get(connection, import_id)
            if job.state is not State.RECEIVING:
                raise ImportClosed(job.state)
            yield connection, job
        finally:
            await self._pool.release(connection)

    @asynccontextmanager
    async def _one_of_few(self) -> AsyncIterator[None]:
        if not self._free:
            raise ImportsBusy
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        """Of the pool, which takes back its settings and its locks with it."""
        async with reached(), self._pool.acquire() as connection:
            yield connection


async def _lock(connection: Connection, import_id: UUID) -> None:
    if not await connection.fetchval(_TRY_LOCK, str(import_id)):
        raise ImportInUse


async def _get(connection: Connection, import_id: UUID) -> Import:
    row = await connection.fetchrow(_GET, import_id)
    if row is None:
        raise ImportNotFound
    return _import(row)


def _import(row: asyncpg.Record) -> Import:
    settings = {
        "format": row["format"],
        "source": row["source"],
        "mapping": json.loads(row["mapping"]) if row["mapping"] else None,
    }
    return Import(
        id=row["id"],
        settings=ImportSettings.model_validate(settings),
        header=tuple(row["header"] or ()),
        state=State(row["state"]),
        lines=row["lines"],
        registered=row["registered"],
        known=row["known"],
        refused=row["refused"],
        seconds=row["seconds"],
        created_at=row["created_at"],
        created_by=rows.to_actor(json.loads(row["created_by"])),
        updated_at=row["updated_at"],
        finished_at=row["finished_at"],
    )


def _problem(row: asyncpg.Record) -> Problem:
    return Problem(row["line"], row["pointer"], row["code"], row["detail"])
