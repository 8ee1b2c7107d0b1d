"""How fast the audit log takes what streams hold, and how long an event waits for that.

One JSON line. Needs PostgreSQL (OPENWARD_TEST_POSTGRES_URL, or the stack `test`); starts its own NATS and one
process of the service.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
from nats.aio.client import Client
from openward_cli.stack import Service
from openward_contracts.access import RecordRead
from openward_contracts.actor import Actor
from openward_contracts.event import Event
from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid
from openward_servicekit.ports import free_port
from openward_testkit.databases import ServiceDatabase, service_database
from openward_testkit.nats import NatsServer
from openward_testkit.postgres import PostgresServer

EVENTS = 30_000
PACED = 300
PACE_SECONDS = 0.01
IN_FLIGHT = 500


async def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        nats = NatsServer(Path(directory))
        nats.start()
        try:
            await nats.provision()
            async with service_database(PostgresServer.from_environment(), Service.AUDIT) as database:
                print(json.dumps(await measure(nats, database, Path(directory))))
        finally:
            nats.stop()


async def measure(nats: NatsServer, database: ServiceDatabase, directory: Path) -> dict[str, str | float]:
    log = await asyncpg.connect(database.admin_url)
    async with await nats.connect() as client:
        await publish(client, EVENTS)
        async with running(nats, database, directory):
            await logged(log, EVENTS)
            took = await log.fetchval(
                "select extract(epoch from max(recorded_at) - min(recorded_at))::float8 from audit_entry"
            )
            delays = await paced(client, log)
    await log.close()
    return {
        "bench": "audit",
        "events": EVENTS,
        "entries_per_second": round(EVENTS / took),
        "publish_to_append_p50_ms": milliseconds(delays, 50),
        "publish_to_append_p99_ms": milliseconds(delays, 99),
    }


@asynccontextmanager
async def running(nats: NatsServer, database: ServiceDatabase, directory: Path) -> AsyncIterator[None]:
    """`python -m audit`; nobody asks it anything over HTTP."""
    values = {
        "ENVIRONMENT": "local",
        "PORT": str(free_port()),
        "LOG_LEVEL": "warning",
        "PUBLIC_URL": "http://openward.test",
        "DATABASE_URL": database.settings["database_url"],
        "NATS_URL": nats.url,
        "OIDC_ISSUER": "http://identity.test",
        "OIDC_JWKS_URL": "http://identity.test/jwks",
    }
    secrets = {
        "DATABASE_PASSWORD": database.settings["database_password"].get_secret_value(),
        "NATS_SEED": nats.seed("audit"),
        "CURSOR_KEY": "k" * 32,
    }
    for name, secret in secrets.items():
        file = directory / name
        file.write_text(secret)
        values[f"{name}_FILE"] = str(file)
    environment = os.environ | {f"OPENWARD_{name}": value for name, value in values.items()}
    service = await asyncio.create_subprocess_exec(sys.executable, "-m", "audit", env=environment)
    try:
        yield
    finally:
        service.terminate()
        await service.wait()


def read() -> Event[RecordRead]:
    record_id = uuid4()
    payload = RecordRead(
        patient_id=PatientId.new(),
        ehr_id=EhrId.new(),
        resource="composition",
        version_uid=VersionUid.of(uuid4(), "openward.test", 1),
        template_id=TemplateId("Vital signs"),
        purpose="TREAT",
    )
    return Event.of(
        payload,
        source="/openward/clinical",
        aggregate_id=record_id,
        aggregate_version=1,
        actor=Actor("ada", "web", ("clinician",), purpose="TREAT"),
        at=datetime.now(UTC),
        correlation_id=str(record_id),
        event_id=record_id,
    )


async def publish(client: Client, count: int) -> None:
    jetstream = client.jetstream()
    for start in range(0, count, IN_FLIGHT):
        events = [read() for _ in range(min(IN_FLIGHT, count - start))]
        await asyncio.gather(
            *(jetstream.publish(e.nats_subject, e.body(), headers=e.headers(), timeout=30) for e in events)
        )


async def logged(log: asyncpg.Connection, count: int) -> None:
    while await log.fetchval("select coalesce(max(idx) + 1, 0) from audit_entry") < count:  # noqa: ASYNC110  it gives no signal
        await asyncio.sleep(0.05)


async def paced(client: Client, log: asyncpg.Connection) -> list[float]:
    """From the stream's confirmation of each to the begin of its entry's transaction; 100 a second."""
    published = {}
    for _ in range(PACED):
        event = read()
        await client.jetstream().publish(event.nats_subject, event.body(), headers=event.headers())
        published[event.id] = time.time()
        await asyncio.sleep(PACE_SECONDS)
    await logged(log, EVENTS + PACED)
    rows = await log.fetch(
        "select event_id, extract(epoch from recorded_at)::float8 as at from audit_entry where idx >= $1",
        EVENTS,
    )
    return [row["at"] - published[row["event_id"]] for row in rows]


def milliseconds(seconds: Sequence[float], percentile: int) -> float:
    return round(statistics.quantiles(seconds, n=100)[percentile - 1] * 1000, 1)


asyncio.run(main())
