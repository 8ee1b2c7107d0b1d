"""Fills an empty registry with made-up people, past the API: COPY without indexes, which are made afterwards.

What then stands in the tables is what registering the same people would have written, but for the events.
"""

import asyncio
import json
import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from openward_contracts.identifiers import PatientId
from patients.domain.findable import findable
from patients.domain.identifier_domain import Domains
from patients.domain.keys import delete_keys
from patients.domain.mrn import mrn
from patients.domain.record import PatientRecord
from population import as_record, people
from population_names import Names

SEED: Final = 7
_SLICE: Final = 20_000
_WORKERS: Final = 2
_BEGAN: Final = datetime(2020, 1, 1, tzinfo=UTC)
_BY: Final = json.dumps({"sub": "bench", "client_id": "bench", "roles": []})

_COLUMNS: Final = {
    "patient": [
        "id",
        "mrn",
        "record",
        "gender",
        "birth_date",
        "active",
        "restricted",
        "matchable",
        "ehr_id",
        "ehr_state",
        "created_at",
        "updated_at",
        "updated_by",
        "changed",
    ],
    "patient_name": ["family_key", "given_key", "patient_id", "birth_date"],
    "patient_key": ["kind", "key", "patient_id"],
    "patient_identifier": ["system", "value_key", "holder", "patient_id"],
}
_INDEXES: Final = """
select c.relname as table, i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as made,
       pg_get_constraintdef(k.oid) as rule
from pg_index i
join pg_class c on c.oid = i.indrelid
left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u')
where c.relname = any($1)
"""

Rows = dict[str, list[tuple[Any, ...]]]
Words = set[tuple[str, str]]


async def load(owner_url: str, rows: int, names: Names) -> None:
    """`owner_url` is of the role that owns the tables. Two processes make the rows, this one copies them."""
    connection = await asyncpg.connect(owner_url)
    try:
        indexes = await _without_indexes(connection)
        words = await _copy(connection, rows, names)
        await _dictionary(connection, words)
        await _with_indexes(connection, indexes)
        await connection.execute("select setval('mrn_number', $1)", rows + 1)
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
    finally:
        await connection.close()


async def _copy(connection: asyncpg.Connection, rows: int, names: Names) -> Words:
    words: Words = set()
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_WORKERS, spawned, _given, (names,)) as workers:
        starts = list(range(0, rows, _SLICE))
        waiting = [_made(workers, start, min(_SLICE, rows - start)) for start in starts[: _WORKERS + 1]]
        for number in range(len(starts)):
            made, new = await waiting.pop(0)
            ahead = number + _WORKERS + 1
            if ahead < len(starts):
                waiting.append(_made(workers, starts[ahead], min(_SLICE, rows - starts[ahead])))
            for table, records in made.items():
                await connection.copy_records_to_table(table, records=records, columns=_COLUMNS[table])
            words |= new
    return words


def _made(workers: Executor, first: int, count: int) -> "asyncio.Future[tuple[Rows, Words]]":
    return asyncio.get_running_loop().run_in_executor(workers, made, first, count)


_names: list[Names] = []


def _given(names: Names) -> None:
    _names.append(names)


def made(first: int, count: int) -> tuple[Rows, Words]:
    """Rows of the people with these numbers, and the words of their names. Runs in a process of its own."""
    rows: Rows = {table: [] for table in _COLUMNS}
    words: Words = set()
    for number, person in enumerate(people(count, SEED + first, _names[0], first), first):
        patient_id = patient_number(number)
        record = PatientRecord.model_validate(as_record(person))
        keys = findable(PatientId(patient_id), record, Domains(), None)
        rows["patient"].append(_patient(patient_id, number, record, keys.birth_date))
        rows["patient_name"] += [(*name, patient_id, keys.birth_date) for name in keys.names]
        rows["patient_key"] += [(*key, patient_id) for key in keys.keys]
        rows["patient_identifier"] += [(*identifier, patient_id) for identifier in keys.identifiers]
        words |= keys.words()
    return rows, words


def patient_number(number: int) -> UUID:
    """In the order of time, as the registry's own are (RFC 9562, UUID version 7)."""
    return UUID(int=(0x018C_0000_0000 + number << 80) | (7 << 76) | (2 << 62) | number)


def _patient(patient_id: UUID, number: int, record: PatientRecord, birth_date: Any) -> tuple[Any, ...]:
    document = json.dumps(record.model_dump(mode="json", exclude_defaults=True))
    ehr_id = UUID(int=patient_id.int ^ 1 << 61)
    flags = (record.active, record.restricted, record.matchable)
    at = datetime.fromtimestamp(_BEGAN.timestamp() + number / 10, UTC)
    whole = (patient_id, mrn(number + 1), document, record.gender, birth_date)
    return (*whole, *flags, ehr_id, "ready", at, at, _BY, [])


async def _without_indexes(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    indexes = await connection.fetch(_INDEXES, list(_COLUMNS))
    await connection.execute("alter table patient drop constraint patient_survivor_id_fkey")
    for index in indexes:
        if index["rule"]:
            await connection.execute(f"alter table {index['table']} drop constraint {index['name']}")
        else:
            await connection.execute(f"drop index {index['name']}")
    return indexes


async def _with_indexes(connection: asyncpg.Connection, indexes: list[asyncpg.Record]) -> None:
    await connection.execute("set maintenance_work_mem = '1GB'; set max_parallel_maintenance_workers = 1")
    for index in indexes:
        if index["rule"]:
            rule = f"add constraint {index['name']} {index['rule']}"
            await connection.execute(f"alter table {index['table']} {rule}")
        else:
            await connection.execute(index["made"])
    await connection.execute(
        "alter table patient add constraint patient_survivor_id_fkey foreign key (survivor_id)"
        " references patient (id) on delete restrict on update restrict"
    )


async def _dictionary(connection: asyncpg.Connection, words: Words) -> None:
    counted = (
        "select 'family' as kind, family_key as word, count(distinct patient_id)::int as frequency"
        " from patient_name where family_key <> '' group by family_key union all"
        " select 'given', given_key, count(distinct patient_id)::int from patient_name"
        " where given_key <> '' group by given_key"
    )
    await connection.execute(f"insert into name_word (kind, word, frequency) {counted}")
    deletes = [(kind, key, word) for kind, word in words for key in delete_keys(word)]
    await connection.copy_records_to_table("name_delete", records=deletes, columns=["kind", "key", "word"])
