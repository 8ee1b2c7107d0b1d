"""The clinical proxy in this process, on a real EHRbase, database and NATS server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from clinical.app import create_app
from clinical.service.belonging import BelongingService
from clinical.settings import Settings
from fastapi import FastAPI
from openward_cli.demo import vital_signs
from openward_cli.stack import Port, Stack
from openward_contracts.actor import Actor
from openward_contracts.event import Event
from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.patients import PatientMerged, PatientRegistered, PatientUnmerged
from openward_contracts.payload import Payload
from openward_servicekit.errors import Unavailable
from openward_testkit.asgi import asgi_client
from openward_testkit.ehrbase_template import upload
from openward_testkit.events import publish
from openward_testkit.faulty import FaultyWay
from openward_testkit.nats import NatsServer
from openward_testkit.plugin import DatabaseFactory
from openward_testkit.postgres import PostgresServer
from openward_testkit.tokens import ISSUER, TokenFactory
from pydantic import SecretStr

BASE = "/api/clinical/v1/patients"
SCOPE = "user/composition-*.crud user/aql-*.s user/Patient.r"
FLAT = {"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"}


@dataclass(frozen=True)
class Clinic:
    """The app, a patient's EHR, and callers of every kind."""

    app: FastAPI
    client: httpx.AsyncClient
    tokens: TokenFactory
    nats: NatsServer

    @property
    def origin(self) -> str:
        """What addresses in answers of the openEHR API begin with."""
        return str(self.client.base_url).rstrip("/")

    def headers(self, role: str = "clinician", scope: str = SCOPE, **claims: Any) -> dict[str, str]:
        token = self.tokens.token(**{"sub": f"{role}-1", "roles": (role,), "scope": scope, **claims})
        return {"Authorization": f"Bearer {token}"}

    @asynccontextmanager
    async def beside(self, settings: Settings, port: int, **changes: Any) -> AsyncIterator["Clinic"]:
        """A second process of the service, with the same database, that finds EHRbase behind this port."""
        async with self.tokens.serving() as jwks_url:
            own = {"oidc_jwks_url": jwks_url, "ehrbase_url": f"http://127.0.0.1:{port}/ehrbase", **changes}
            app = create_app(settings.model_copy(update=own))
            async with asgi_client(app) as client:
                yield replace(self, app=app, client=client)

    async def patient(self) -> tuple[str, str]:
        """Registers a patient as the registry would: by an event that has arrived. Patient id and EHR id."""
        patient_id, ehr_id = PatientId.new(), EhrId.new()
        await self.tell(PatientRegistered(patient_id=patient_id, ehr_id=ehr_id, version=1), patient_id, 1)
        ehrs = self.app.state.clinical.ehrs.ehrs
        async with asyncio.timeout(60):
            while await ehrs.of_patient(patient_id) is None:
                await asyncio.sleep(0.02)
        return str(patient_id), str(ehr_id)

    async def merge(self, source: tuple[str, str], survivor: tuple[str, str]) -> UUID:
        """Patients and their EHRs, as `patient` gives them; the decision's id."""
        merge_id = uuid4()
        await self.tell(PatientMerged(**merged(merge_id, source, survivor), version=2), source[0], 2)
        return merge_id

    async def unmerge(self, merge_id: UUID, source: tuple[str, str], survivor: tuple[str, str]) -> None:
        await self.tell(PatientUnmerged(**merged(merge_id, source, survivor), version=3), source[0], 3)

    async def tell(self, payload: Payload, patient_id: object, version: int) -> None:
        """An event of the registry."""
        event = Event.of(
            payload,
            source="/openward/patients",
            aggregate_id=str(patient_id),
            aggregate_version=version,
            actor=Actor("clerk-1", "web", ("clerk",)),
            at=datetime.now(UTC),
            correlation_id="test",
        )
        async with await self.nats.connect() as connection:
            await publish(connection, event)

    async def write(self, patient_id: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.client.post(
            f"{BASE}/{patient_id}/compositions",
            params=FLAT,
            json=body or vitals(),
            headers=self.headers() | headers,
        )

    async def correct(self, patient_id: str, uid: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.client.put(
            f"{BASE}/{patient_id}/compositions/{uid.partition('::')[0]}",
            params=FLAT,
            json=body or vitals(130),
            headers=self.headers() | {"If-Match": f'"{uid}"'} | headers,
        )

    async def read(self, patient_id: str, uid: str, form: str = "FLAT", **headers: str) -> httpx.Response:
        return await self.client.get(
            f"{BASE}/{patient_id}/compositions/{uid}",
            params={"format": form},
            headers=self.headers() | headers,
        )

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=self.headers() | headers)

    async def query(self, patient_id: str, q: str) -> httpx.Response:
        return await self.client.post(f"{BASE}/{patient_id}/query", json={"q": q}, headers=self.headers())


def merged(merge_id: UUID, source: tuple[str, str], survivor: tuple[str, str]) -> dict[str, Any]:
    return {
        "merge_id": merge_id,
        "patient_id": source[0],
        "ehr_id": source[1],
        "survivor_id": survivor[0],
        "survivor_ehr_id": survivor[1],
        "linked_ehr_ids": (source[1],),
    }


def vitals(systolic: float = 120) -> dict[str, Any]:
    return vital_signs.flat(systolic, 80, "2026-11-22T10:00:00Z", composer="Ada")


@pytest.fixture(scope="module")
async def settings(database: DatabaseFactory, nats_server: NatsServer, stack: Stack) -> Settings:
    own = await database("clinical")

    def secret(name: str) -> SecretStr:
        return SecretStr(stack.secret(name).read_text().strip())

    return Settings(
        environment="local",
        port=0,
        public_url="http://openward.test",
        **own.settings,
        nats_url=nats_server.url,
        nats_seed=SecretStr(nats_server.seed("clinical")),
        oidc_issuer=ISSUER,
        oidc_jwks_url=f"{ISSUER}/jwks",
        ehrbase_url=stack.ehrbase_url,
        ehrbase_user="openward",
        ehrbase_password=secret("ehrbase.user.password"),
        evt_database_url=stack.database_url("clinical_evt", "ehrbase"),
        evt_database_password=secret("clinical_evt.db.password"),
        cursor_key=SecretStr("c" * 32),
    )


@pytest.fixture(scope="module")
async def clinic(
    settings: Settings, nats_server: NatsServer, bring: Callable[[bytes], Awaitable[None]]
) -> AsyncIterator[Clinic]:
    await bring(vital_signs.opt())
    tokens = TokenFactory()
    async with tokens.serving() as jwks_url:
        app = create_app(settings.model_copy(update={"oidc_jwks_url": jwks_url}))
        async with asgi_client(app) as client:
            yield Clinic(app, client, tokens, nats_server)


@pytest.fixture(scope="module")
def bring(settings: Settings) -> Callable[[bytes], Awaitable[None]]:
    """Brings EHRbase an operational template."""

    async def bring_one(opt: bytes) -> None:
        login = (settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
        async with httpx.AsyncClient(auth=login, timeout=60) as ehrbase:
            await upload(ehrbase, opt, f"{settings.ehrbase_url}/rest/openehr/v1/")

    return bring_one


@pytest.fixture
def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


@pytest.fixture
def repair(monkeypatch: pytest.MonkeyPatch) -> Callable[[BelongingService], Awaitable[None]]:
    """What the service does again and again, now done by the test alone."""
    real = BelongingService.repair

    async def away(_: BelongingService) -> None:
        raise Unavailable("not now")

    monkeypatch.setattr(BelongingService, "repair", away)
    return real


@pytest.fixture
async def ehrbase(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """EHRbase without the service in front of it."""
    login = (settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
    base = str(settings.ehrbase_url).removesuffix("/ehrbase")
    json_only = {"Accept": "application/json"}
    async with httpx.AsyncClient(auth=login, base_url=base, headers=json_only, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def way(stack: Stack) -> AsyncIterator[FaultyWay]:
    """To EHRbase, past the service's own; it can go wrong."""
    async with FaultyWay("127.0.0.1", stack.port(Port.EHRBASE)).laid() as way:
        yield way


@pytest.fixture(scope="module")
async def ehrbase_tables(postgres_server: PostgresServer) -> AsyncIterator[asyncpg.Connection]:
    """The superuser in EHRbase's database."""
    connection = await asyncpg.connect(postgres_server.of("ehrbase"))
    yield connection
    await connection.close()
