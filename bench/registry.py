"""How the registry does with many patients (`make bench-registry ROWS=1000000`); the last line is JSON.

    python -m bench.registry --rows 1000000 [--keep] [--processes 1]

Brings up PostgreSQL and NATS as every local stack has them, loads made-up people, and measures SQL alone,
then the running service. docs/benchmarks.md says what each number is. `--keep` leaves the loaded stack for
another run, which then measures only.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from openward_contracts.identifiers import PatientId

from bench import registry_api, registry_load, registry_sql
from bench.registry_clock import p50_ms, p95_ms, say, timed
from bench.registry_queries import Kind, Question, questions
from bench.registry_rows import patient_number
from bench.registry_sql import TimedQuestions
from bench.registry_stage import Registry, owner_url, registry, servers

WARM: Final = 100
ASKED: Final = 600
REGISTERED: Final = 2_000
IMPORTED: Final = 200_000
#: Processes that registrations and imports go to: while one takes a file, another publishes its events.
WRITERS: Final = 2

Results = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--processes", type=int, default=1, help="of the service")
    parser.add_argument("--keep", action="store_true", help="leave the stack and its people for the next run")
    wanted = parser.parse_args()
    with servers(keep=wanted.keep):
        results = asyncio.run(measured(wanted.rows, wanted.processes))
    print(json.dumps(results))


async def measured(rows: int, processes: int) -> Results:
    async with registry_sql.database(owner_url(), registry_api.IN_FLIGHT) as db:
        if not await db.query_raw("select from patient limit 1"):
            with timed(f"{rows} people loaded"):
                await registry_load.load(owner_url(), rows)
        with timed("read once, as after a day of work"):
            await registry_load.warmed(owner_url())
        asked = {kind: await _questions(db, kind, rows) for kind in Kind}
        sql_alone = await _sql_alone(db, asked)
        sql = await _sql(db, sql_alone)
        async with registry(processes) as service:
            alone = await _api_alone(service, asked)
            api = await _api(service, asked)
        async with registry(WRITERS) as service:
            writes = await _writes(service, db)
    found = {"typo_recall": sql_alone[Kind.TYPO].found, "match_recall": sql_alone[Kind.MATCH].found}
    more = {
        "api_p50_ms": {kind: p50 for kind, (p50, _) in api.items()},
        "sql_in_flight_p95_ms": _of_all(p95_ms, sql),
        "api_alone_p95_ms": _of_all(p95_ms, alone),
        "processes": processes,
    }
    sql_p95s = _of_all(p95_ms, {kind: each.seconds for kind, each in sql_alone.items()})
    p95s = {"sql_p95_ms": sql_p95s, "api_p95_ms": {kind: p95 for kind, (_, p95) in api.items()}}
    rounded = {name: round(share, 4) for name, share in found.items()}
    return {"rows": rows, **p95s, **rounded, **writes, **more}


async def _questions(db: TimedQuestions, kind: Kind, rows: int) -> list[Question]:
    """About people from all over the registry; others for each kind."""
    rng = Random(f"{kind} {rows}")  # noqa: S311  not a secret
    ids = [patient_number(rng.randrange(rows)) for _ in range(WARM + ASKED)]
    found = await db.query_raw("select id::text, record from patient where id = any ($1)", ids)
    records: Mapping[PatientId, Any] = {PatientId(row["id"]): row["record"] for row in found}
    return questions(kind, [(each, records[each]) for each in ids])


Seconds = Mapping[Kind, Sequence[float]]


async def _sql_alone(
    db: TimedQuestions, asked: Mapping[Kind, Sequence[Question]]
) -> dict[Kind, registry_sql.Alone]:
    results = {}
    for kind, each in asked.items():
        await registry_sql.measured(db, each[:WARM])
        results[kind] = await registry_sql.measured(db, each[WARM:])
        _report("SQL, 1 in flight", kind, results[kind].seconds, results[kind].found)
    return results


async def _sql(db: TimedQuestions, alone: Mapping[Kind, registry_sql.Alone]) -> Seconds:
    """The same statements with as many in flight as there will be through the API."""
    results = {}
    for kind, each in alone.items():
        await registry_sql.together(db, each.statements[:WARM], registry_api.IN_FLIGHT)
        results[kind] = await registry_sql.together(db, each.statements, registry_api.IN_FLIGHT)
        _report(f"SQL, {registry_api.IN_FLIGHT} in flight", kind, results[kind], each.found)
    return results


async def _api_alone(service: Registry, asked: Mapping[Kind, Sequence[Question]]) -> Seconds:
    results = {}
    for kind, each in asked.items():
        await registry_api.alone(service, each[:WARM])
        results[kind], found = await registry_api.alone(service, each[WARM:])
        _report("API, 1 in flight", kind, results[kind], found)
    return results


async def _api(
    service: Registry, asked: Mapping[Kind, Sequence[Question]]
) -> dict[Kind, tuple[float, float]]:
    """p50 and p95 in ms."""
    results = {}
    for kind, each in asked.items():
        await registry_api.together(service, each[:WARM])
        results[kind] = p50, p95 = await registry_api.together(service, each[WARM:])
        say(f"API, {registry_api.IN_FLIGHT} in flight: {kind} p50 {p50} ms, p95 {p95} ms")
    return results


async def _writes(service: Registry, db: TimedQuestions) -> Results:
    near, far = await registry_api.page_times(service)
    say(f"page 1: {near * 1000:.2f} ms, page 10,000: {far * 1000:.2f} ms")
    # Numbers that no former run on the same stack has given to anybody.
    (next_one,) = await db.query_raw("select nextval('mrn_number') as mrn")
    first = 10 * next_one["mrn"]
    await registry_api.registered_per_second(service, first, REGISTERED // 10)
    rate, doubted = await registry_api.registered_per_second(service, first + REGISTERED, REGISTERED)
    say(f"registered per second: {rate:.0f}, of whom {doubted:.1%} had to be confirmed")
    settled, published = await _imported(service, db, first + 100 * REGISTERED)
    return {
        "register_per_s": round(rate, 1),
        "import_per_s": round(settled),
        "page_ratio": round(far / near, 3),
        "import_published_per_s": round(published),
        "register_confirmed": round(doubted, 4),
    }


async def _imported(service: Registry, db: TimedQuestions, first: int) -> tuple[float, float]:
    """Lines per second until they are settled, and until their events are in the stream too."""
    await _published(db)
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "people.jsonl"
        registry_api.write_lines(file, first, IMPORTED)
        lines, seconds = await registry_api.import_lines(service, file)
    with timed("events of the import published"):
        rest = await registry_api.timed(_published(db))
    say(f"imported {lines} lines in {seconds:.1f} s: {lines / seconds:.0f}/s")
    return lines / seconds, lines / (seconds + rest)


async def _published(db: TimedQuestions) -> None:
    while await db.query_raw("select from outbox_event limit 1"):  # noqa: ASYNC110  it gives no signal
        await asyncio.sleep(0.1)


def _of_all(percentile: Callable[[Sequence[float]], float], seconds: Seconds) -> dict[Kind, float]:
    return {kind: percentile(each) for kind, each in seconds.items()}


def _report(what: str, kind: Kind, seconds: Sequence[float], share: float) -> None:
    say(f"{what}: {kind} p50 {p50_ms(seconds)} ms, p95 {p95_ms(seconds)} ms, found {share:.1%}")


if __name__ == "__main__":
    main()
