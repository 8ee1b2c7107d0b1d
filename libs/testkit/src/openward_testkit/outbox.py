"""An outbox between a real database and a real NATS server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from uuid import UUID

import asyncpg
from nats.aio.client import Client
from openward_contracts.event import Event
from openward_contracts.payload import Payload
from openward_servicekit.outbox.options import RelayOptions
from openward_servicekit.outbox.postgres import insert_event
from openward_servicekit.outbox.relay import Relay
from openward_servicekit.outbox.source import Outbox

from openward_testkit.nats import NatsServer, StoredMessage, stored
from openward_testkit.postgres import PostgresServer
from openward_testkit.samples import patient_updated

STREAM = "PATIENTS"


def tables() -> str:
    """The standard outbox tables, as SQL."""
    return files("openward_servicekit.outbox").joinpath("tables.sql").read_text()


@dataclass(frozen=True, slots=True)
class OutboxStage:
    """The outbox of the service `patients`, its database and the server its relays publish to."""

    url: str
    database: asyncpg.Connection
    server: NatsServer
    nats: Client

    @property
    def outbox(self) -> Outbox:
        return Outbox("patients", lambda: asyncpg.connect(self.url, command_timeout=5))

    def relay(self, options: RelayOptions | None = None) -> Relay:
        return Relay(self.outbox, lambda: self.nats, options=options)

    async def commit(self, *events: Event[Payload]) -> None:
        """All in one transaction, in this order."""
        async with self.database.transaction():
            for event in events:
                await insert_event(self.database, event)

    async def until(self, condition: str, *, seconds: float = 60) -> None:
        """Wait for an SQL condition; TimeoutError."""
        async with asyncio.timeout(seconds):
            while not await self.database.fetchval(f"select {condition}"):  # noqa: ASYNC110  it gives no signal
                await asyncio.sleep(0.02)

    async def drained(self, *, seconds: float = 60) -> None:
        """Wait until no row is left to send."""
        await self.until("not exists (select from outbox_event)", seconds=seconds)

    async def published(self) -> list[StoredMessage]:
        return await stored(self.nats, STREAM)

    async def archived(self) -> list[tuple[int, str]]:
        """Stream sequence and event id of what was sent, in stream order."""
        rows = await self.database.fetch(
            "select stream_seq, event_id::text from outbox_sent where stream = $1 order by stream_seq", STREAM
        )
        return [(row[0], row[1]) for row in rows]


def versions(patient: UUID, count: int) -> Sequence[Event[Payload]]:
    """The first `count` versions of one patient."""
    return [patient_updated(patient, version) for version in range(1, count + 1)]


@contextlib.asynccontextmanager
async def outbox_stage(postgres: PostgresServer, server: NatsServer) -> AsyncIterator[OutboxStage]:
    """Empty when the block begins; the database is dropped at its end."""
    async with postgres.database(script=tables()) as name:
        url = postgres.of(name)
        database = await asyncpg.connect(url)
        nats = await server.connect(max_reconnect_attempts=-1, reconnect_time_wait=0.1)
        try:
            yield OutboxStage(url, database, server, nats)
        finally:
            await nats.close()
            await database.close()
