"""Fills an empty registry with made-up people, past the API: COPY without indexes, which are made afterwards.

What then stands in the tables is what registering the same people would have written, but for the events
and the queue of matching.
"""

import asyncio
import gc
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from io import BytesIO
from typing import Final

import asyncpg
from patients.adapters.matching.frequencies import FINISH
from patients.domain.keys import delete_keys

from bench.population import people
from bench.population_names import Names, made_names
from bench.registry_clock import timed
from bench.registry_rows import TABLES, Records, Row, row

SEED: Final = 7
SLICE: Final = 20_000
_PROCESSES: Final = 2

_INDEXES: Final = """
select c.relname as table, i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as made,
       case k.contype when 'p' then 'primary key' when 'u' then 'unique' end as rule
from pg_index i
join pg_class c on c.oid = i.indrelid
left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u')
where c.relname = any($1)
order by c.relname = 'patient_key' desc, c.relname = 'patient_name' desc
"""
_FOUND_BY: Final = ("patient_name", "patient_key", "patient_identifier", "name_delete", "name_word")
_SURVIVOR: Final = """
alter table patient add constraint patient_survivor_id_fkey
foreign key (survivor_id) references patient (id) on delete restrict on update restrict
"""


async def load(owner_url: str, rows: int) -> None:
    """`owner_url` is of the role that owns the tables."""
    connection = await asyncpg.connect(owner_url)
    try:
        with timed("people copied"):
            indexes = await _without_indexes(connection)
            await _in_processes(owner_url, rows)
        with timed("indexes made"):
            await _with_indexes(owner_url, indexes)
            await _finished(connection, indexes)
        with timed("dictionary of names made"):
            await _dictionary(connection)
        with timed("vacuumed, analysed, on disk"):
            await connection.execute("select setval('mrn_number', $1)", rows + 1)
            await connection.execute("vacuum analyze")
            await connection.execute("checkpoint")
    finally:
        await connection.close()


async def warmed(owner_url: str) -> None:
    """What searches read is in the system's cache, as far as it fits: patients and indexes of their keys."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("create extension if not exists pg_prewarm")
        await connection.execute(
            "select pg_prewarm(c.oid, 'read') from pg_class c where c.relname in ('patient', 'patient_pkey')"
            " or c.oid in (select indexrelid from pg_index where indrelid = any($1::text[]::regclass[]))",
            [*_FOUND_BY],
            timeout=600,
        )
    finally:
        await connection.close()


async def _in_processes(url: str, rows: int) -> None:
    loop = asyncio.get_running_loop()
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_PROCESSES, spawned, gc.disable) as workers:
        parts = ((url, first, min(SLICE, rows - first)) for first in range(0, rows, SLICE))
        await asyncio.gather(*(loop.run_in_executor(workers, copied, *part) for part in parts))


def copied(url: str, first: int, count: int) -> None:
    """Copies the people with these numbers. In a process of its own, which looks for cycles but once."""
    records = Records()
    numbered = enumerate(people(count, SEED + first, _names(), first), first)
    asyncio.run(_copy(url, [row(number, records.of(person)) for number, person in numbered]))
    gc.collect()


@cache
def _names() -> Names:
    return made_names()


async def _copy(url: str, rows: Sequence[Row]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for (table, columns), texts in zip(TABLES.items(), zip(*rows, strict=True), strict=True):
            source = BytesIO("".join(texts).encode())
            await connection.copy_to_table(table, source=source, columns=columns)
    finally:
        await connection.close()


async def _without_indexes(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    indexes = await connection.fetch(_INDEXES, list(TABLES))
    await connection.execute("alter table patient drop constraint patient_survivor_id_fkey")
    for index in indexes:
        if index["rule"]:
            await connection.execute(f"alter table {index['table']} drop constraint {index['name']}")
        else:
            await connection.execute(f"drop index {index['name']}")
    return indexes


async def _with_indexes(url: str, indexes: Sequence[asyncpg.Record]) -> None:
    """Two at a time, the largest first."""
    statements = [index["made"] for index in indexes][::-1]

    async def make() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("set maintenance_work_mem = '1GB'; set max_parallel_maintenance_workers = 0")
        while statements:
            await connection.execute(statements.pop())
        await connection.close()

    await asyncio.gather(*(make() for _ in range(_PROCESSES)))


async def _finished(connection: asyncpg.Connection, indexes: Sequence[asyncpg.Record]) -> None:
    for index in indexes:
        if index["rule"]:
            rule = f"{index['name']} {index['rule']} using index {index['name']}"
            await connection.execute(f"alter table {index['table']} add constraint {rule}")
    await connection.execute(_SURVIVOR)


async def _dictionary(connection: asyncpg.Connection) -> None:
    """With frequencies, as the registry counts them from time to time."""
    await connection.execute(
        "insert into name_word (kind, word, frequency)"
        " select 'family', family_key, count(*) from patient_name where family_key <> '' group by 2"
        " union all select 'given', given_key, count(*) from patient_name where given_key <> '' group by 2"
    )
    words = await connection.fetch("select kind, word from name_word")
    await connection.execute(FINISH)
    deletes = [(kind, key, word) for kind, word in words for key in delete_keys(word)]
    await connection.copy_records_to_table("name_delete", records=deletes, columns=["kind", "key", "word"])
