"""How fast the outbox relay empties a backlog, and how long a row waits when there is none.

One JSON line. Needs PostgreSQL (OPENWARD_TEST_POSTGRES_URL, or the stack `test`); starts its own NATS, which
syncs every batch to disk as in production.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import structlog
from openward_testkit.nats import NatsServer
from openward_testkit.outbox import OutboxStage, outbox_stage
from openward_testkit.postgres import PostgresServer
from openward_testkit.samples import patient_updated

ROWS = 10_000
PAYLOAD = b'{"filler": "%s"}' % (b"x" * 1000)
PACED = 300
PACE_SECONDS = 0.01


async def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with tempfile.TemporaryDirectory() as directory:
        nats = NatsServer(Path(directory))
        nats.start()
        try:
            await nats.provision()
            async with outbox_stage(PostgresServer.from_environment(), nats) as stage:
                print(json.dumps(await measure(stage)))
        finally:
            nats.stop()


async def measure(stage: OutboxStage) -> dict[str, str | float]:
    await stage.commit(*(patient_updated() for _ in range(ROWS)))
    await stage.database.execute("update outbox_event set payload = $1", PAYLOAD)
    await stage.database.execute("vacuum outbox_event")
    async with stage.relay().running():
        started = time.perf_counter()
        await stage.drained(seconds=60)
        seconds = time.perf_counter() - started
        delays = await paced(stage)
    return {
        "bench": "relay",
        "rows": ROWS,
        "events_per_second": round(ROWS / seconds),
        "commit_to_stream_p50_ms": milliseconds(delays, 50),
        "commit_to_stream_p99_ms": milliseconds(delays, 99),
    }


async def paced(stage: OutboxStage) -> list[float]:
    """From each commit to its archiving, which follows the confirmation of the stream; 100 a second."""
    commits = []
    for _ in range(PACED):
        event = patient_updated()
        await stage.commit(event)
        commits.append((event.id, time.time()))
        await asyncio.sleep(PACE_SECONDS)
    await stage.drained()
    rows = await stage.database.fetch(
        "select event_id, extract(epoch from sent_at)::float8 as at from outbox_sent"
    )
    sent = {row["event_id"]: row["at"] for row in rows}
    return [sent[event_id] - committed for event_id, committed in commits]


def milliseconds(seconds: Sequence[float], percentile: int) -> float:
    return round(statistics.quantiles(seconds, n=100)[percentile - 1] * 1000, 1)


asyncio.run(main())
