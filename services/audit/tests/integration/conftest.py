"""The audit service on a real database and NATS server, in this process or in others that tests may kill."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from audit.app import create_app
from audit.settings import Settings
from nats.aio.client import Client
from nats.js.api import StreamConfig
from openward_cli.stack import Service
from openward_contracts.actor import Actor
from openward_contracts.catalogue import PUBLISHERS, STREAMS, source_of, stream_of
from openward_contracts.event import Event
from openward_contracts.payload import Payload
from openward_servicekit.ports import free_port
from openward_testkit.asgi import asgi_client
from openward_testkit.databases import ServiceDatabase, service_database
from openward_testkit.events import publish
from openward_testkit.nats import NatsServer
from openward_testkit.postgres import PostgresServer
from openward_testkit.tokens import ISSUER, TokenFactory
from pydantic import SecretStr

ADA = Actor("ada", "web", ("clinician",), purpose="TREAT")
AUDITOR = {"sub": "ines", "roles": ("auditor",), "scope": "user/AuditEvent.rs"}


@dataclass
class Process:
    """`python -m audit`."""

    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | self.environment | {"OPENWARD_PORT": str(self.port)}
        self._process = subprocess.Popen([sys.executable, "-m", "audit"], env=environment)

    def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        status, self._process = self._process.wait(60), None
        return status

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(f"http://127.0.0.1:{self.port}{path}")

    async def writes(self) -> bool:
        try:
            return "openward_audit_writer 1.0" in (await self.get("/metrics")).text
        except httpx.TransportError:
            return False


@dataclass
class Stage:
    """`log` looks at the log as a superuser; `nats` may do everything."""

    settings: Settings
    database: ServiceDatabase
    server: NatsServer
    tokens: TokenFactory
    nats: Client
    log: asyncpg.Connection
    directory: Path
    client: httpx.AsyncClient | None = None

    @asynccontextmanager
    async def service(self) -> AsyncIterator[httpx.AsyncClient]:
        """The service in this process, and a client with the token of an auditor."""
        async with asgi_client(create_app(self.settings), headers=self.bearer(**AUDITOR)) as client:
            yield client

    def process(self) -> Process:
        """One more replica; not started."""
        secrets = {
            "DATABASE_PASSWORD": self.settings.database_password,
            "NATS_SEED": self.settings.nats_seed,
            "CURSOR_KEY": self.settings.cursor_key,
        }
        environment = {"ENVIRONMENT": "local", "LOG_LEVEL": "warning"}
        for name in ("public_url", "database_url", "nats_url", "oidc_issuer", "oidc_jwks_url"):
            environment[name.upper()] = str(getattr(self.settings, name))
        for name, secret in secrets.items():
            file = self.directory / name
            file.write_text(secret.get_secret_value())
            environment[f"{name}_FILE"] = str(file)
        return Process({f"OPENWARD_{name}": value for name, value in environment.items()})

    def bearer(self, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens.token(**claims)}"}

    @staticmethod
    def event(payload: Payload, *, actor: Actor = ADA) -> Event[Any]:
        """About an aggregate of its own, from a service that may publish it."""
        service, aggregate = PUBLISHERS[stream_of(payload.subject)][0], uuid4()
        return Event.of(
            payload,
            source=source_of(service),
            aggregate_id=aggregate,
            aggregate_version=1,
            actor=actor,
            at=datetime.now(UTC),
            correlation_id=f"request-{aggregate}",
            event_id=aggregate,
        )

    async def publish(self, *events: Event[Any]) -> list[int]:
        return [await publish(self.nats, event) for event in events]

    async def loosen(self, stream: str) -> None:
        """Make the stream anew, so that its messages can be deleted."""
        jetstream = self.nats.jetstream()
        await jetstream.delete_stream(stream)
        await jetstream.add_stream(StreamConfig(name=stream, subjects=[STREAMS[stream]]))

    async def lose(self, stream: str, *sequences: int) -> None:
        for sequence in sequences:
            await self.nats.jetstream().delete_msg(stream, sequence)

    async def entries(self, stream: str | None = None) -> list[dict[str, Any]]:
        rows = await self.log.fetch(
            "select * from audit_entry where $1::text is null or stream = $1 order by idx", stream
        )
        return [dict(row) for row in rows]

    async def position(self, stream: str) -> dict[str, Any]:
        (row,) = await self.log.fetch("select * from stream_position where stream = $1", stream)
        return dict(row)

    async def until(self, condition: str, *arguments: Any, seconds: float = 60) -> None:
        """Wait for an SQL condition about the log; AssertionError says how far it came."""
        try:
            async with asyncio.timeout(seconds):
                while not await self.log.fetchval(f"select {condition}", *arguments):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            rows = await self.log.fetch("select * from stream_position")
            raise AssertionError(f"not: {condition} {arguments}; {rows}") from None

    async def reached(self, stream: str, sequence: int, *, seconds: float = 60) -> None:
        await self.until(
            "exists (select from stream_position where stream = $1 and last_sequence >= $2)",
            stream,
            sequence,
            seconds=seconds,
        )


@pytest.fixture
async def stage(
    postgres_server: PostgresServer, fresh_nats_server: NatsServer, tmp_path: Path
) -> AsyncIterator[Stage]:
    """Nothing in the log, nothing in the streams, and no service that runs."""
    async with staged(postgres_server, fresh_nats_server, tmp_path) as built:
        yield built


@pytest.fixture(scope="module")
async def auditors(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """A stage with a running service for all tests of a module; `client` speaks to it as an auditor."""
    directory = tmp_path_factory.mktemp("auditors")
    server = NatsServer(directory)
    server.start()
    try:
        await server.provision()
        async with staged(postgres_server, server, directory) as built, built.service() as client:
            built.client = client
            yield built
    finally:
        server.stop()


@asynccontextmanager
async def staged(postgres: PostgresServer, server: NatsServer, directory: Path) -> AsyncIterator[Stage]:
    tokens = TokenFactory()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(service_database(postgres, Service.AUDIT))
        jwks_url = await stack.enter_async_context(tokens.serving())
        nats = await server.connect(max_reconnect_attempts=-1, reconnect_time_wait=0.1)
        stack.push_async_callback(nats.close)
        log = await asyncpg.connect(database.admin_url)
        stack.push_async_callback(log.close)
        settings = Settings(
            environment="local",
            port=0,
            public_url="http://openward.test",
            **database.settings,
            nats_url=server.url,
            nats_seed=SecretStr(server.seed("audit")),
            oidc_issuer=ISSUER,
            oidc_jwks_url=jwks_url,
            cursor_key=SecretStr("k" * 32),
        )
        yield Stage(settings, database, server, tokens, nats, log, directory)


@pytest.fixture
def replicas(stage: Stage) -> Iterator[list[Process]]:
    """Two processes that are not started yet."""
    processes = [stage.process(), stage.process()]
    yield processes
    for process in processes:
        process.end()
