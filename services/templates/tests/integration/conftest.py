"""The service in this process, on a real database, Prisma engine, NATS server and EHRbase."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import httpx
import pytest
from openward_cli.demo import vital_signs
from openward_cli.servers import ehrbase
from openward_cli.stack import REPOSITORY, Stack
from openward_testkit.asgi import asgi_client
from openward_testkit.nats import NatsServer
from openward_testkit.plugin import DatabaseFactory
from openward_testkit.tokens import ISSUER, TokenFactory
from pydantic import SecretStr
from templates.app import create_app
from templates.settings import Settings

BASE = "/api/templates/v1/templates"
ADL = "/openehr/v1/definition/template/adl1.4"
XML = {"Content-Type": "application/xml"}


@dataclass(frozen=True)
class Service:
    """A replica of the service, and callers of every kind."""

    client: httpx.AsyncClient
    tokens: TokenFactory

    @property
    def origin(self) -> str:
        """What addresses in answers of the openEHR API begin with."""
        return str(self.client.base_url).rstrip("/")

    def headers(
        self, role: str = "template-author", scope: str = "user/template-*.cr", **more: str
    ) -> dict[str, str]:
        token = self.tokens.token(sub=f"{role}-1", roles=(role,), scope=scope)
        return {"Authorization": f"Bearer {token}", **more}

    async def upload(self, opt: bytes, path: str = BASE, **headers: str) -> httpx.Response:
        return await self.client.post(path, content=opt, headers=self.headers(**{**XML, **headers}))

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=self.headers(**headers))

    async def published(self, template_id: str) -> dict[str, Any]:
        """What is known of it, as soon as it is published."""
        async with asyncio.timeout(60):
            while (known := await self.read(template_id))["state"] != "published":
                await asyncio.sleep(0.1)
        return known

    async def read(self, template_id: str) -> dict[str, Any]:
        answer = await self.get(f"{BASE}/{quote(template_id, safe='')}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


@dataclass(frozen=True)
class Outbox:
    """What the service has committed to publish, sent already or not."""

    connection: asyncpg.Connection

    async def subjects(self, template_id: str) -> list[str]:
        """Last words of the subjects of a template's events, in the order of their numbers."""
        rows = await self.connection.fetch(
            "select subject, (headers ->> 'ce-sequence')::bigint as sequence from ("
            " select subject, headers from outbox_event"
            " union all select subject, headers from outbox_sent) as event"
            " where headers ->> 'ce-subject' = $1 order by sequence",
            quote(template_id, safe="/:;!#$&'()*+,?@[]~-._="),
        )
        return [row["subject"].split(".")[2] for row in rows]


@pytest.fixture(scope="module")
async def settings(database: DatabaseFactory, nats_server: NatsServer, stack: Stack) -> Settings:
    prisma = REPOSITORY / "services" / "templates" / "prisma"
    own = await database("templates")
    return Settings(
        environment="local",
        port=0,
        public_url="http://openward.test",
        **own.settings,
        nats_url=nats_server.url,
        nats_seed=SecretStr(nats_server.seed("templates")),
        oidc_issuer=ISSUER,
        oidc_jwks_url=f"{ISSUER}/jwks",
        prisma_engine=REPOSITORY / "libs" / "prisma-engine" / "src" / "prisma-engine.mjs",
        prisma_client=prisma / "client",
        ehrbase_url=stack.ehrbase_url,
        ehrbase_user=ehrbase.USER,
        ehrbase_password=SecretStr(stack.secret("ehrbase.user.password").read_text().strip()),
        ehrbase_admin_user=ehrbase.ADMIN,
        ehrbase_admin_password=SecretStr(stack.secret("ehrbase.admin.password").read_text().strip()),
        reconcile_seconds=0.5,
        compare_seconds=0,
        cursor_key=SecretStr("k" * 32),
    )


@pytest.fixture(scope="module")
async def tokens() -> TokenFactory:
    return TokenFactory()


@pytest.fixture(scope="module")
async def served(settings: Settings, tokens: TokenFactory) -> AsyncIterator[Settings]:
    """The settings, with an identity provider that answers."""
    async with tokens.serving() as jwks_url:
        yield settings.model_copy(update={"oidc_jwks_url": jwks_url})


@pytest.fixture(scope="module")
def speak(tokens: TokenFactory) -> Callable[[httpx.AsyncClient], Service]:
    """To a replica by this client."""
    return lambda client: Service(client, tokens)


@pytest.fixture(scope="module")
def replica_with(
    served: Settings, tokens: TokenFactory
) -> Callable[..., AbstractAsyncContextManager[Service]]:
    """Starts a replica in this process, with other settings; all of a module have the same database."""

    @asynccontextmanager
    async def started(**changes: Any) -> AsyncIterator[Service]:
        async with asgi_client(create_app(served.model_copy(update=changes))) as client:
            yield Service(client, tokens)

    return started


@pytest.fixture(scope="module")
async def service(replica_with: Callable[..., Any]) -> AsyncIterator[Service]:
    async with replica_with() as started:
        yield started


@pytest.fixture(scope="module")
async def replica(replica_with: Callable[..., Any]) -> AsyncIterator[Service]:
    async with replica_with() as started:
        yield started


@pytest.fixture(scope="module")
async def outbox(settings: Settings) -> AsyncIterator[Outbox]:
    password = settings.database_password.get_secret_value()
    connection = await asyncpg.connect(settings.database_url, password=password)
    try:
        yield Outbox(connection)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def cdr(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """EHRbase itself, below its template API."""
    auth = (settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
    base_url = f"{settings.ehrbase_url}/rest{ADL}"
    async with httpx.AsyncClient(base_url=base_url, auth=auth, timeout=60) as client:
        yield client


@pytest.fixture
def template_id() -> str:
    """One that EHRbase has never seen: it keeps them."""
    return f"test {uuid4().hex}.v1"


@pytest.fixture
def make_opt() -> Callable[..., bytes]:
    """A template with this id; each of `changes` (old, new) is made in its text."""

    def made(template_id: str, *changes: tuple[str, str]) -> bytes:
        text = vital_signs.opt().decode().replace(vital_signs.TEMPLATE_ID, template_id)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        return text.encode()

    return made


@pytest.fixture
def use(cdr: httpx.AsyncClient) -> Callable[[str], Awaitable[str]]:
    """Makes a composition with a template, of vital signs, in EHRbase; its path there."""
    rest = str(cdr.base_url).partition("definition/")[0]

    async def made(template_id: str) -> str:
        ehr = (await cdr.post(f"{rest}ehr")).headers["location"].rpartition("/")[2]
        flat = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")
        params = {"templateId": template_id, "format": "FLAT"}
        written = await cdr.post(f"{rest}ehr/{ehr}/composition", params=params, json=flat)
        assert written.is_success, written.text
        uid = written.headers["etag"].strip('"')
        return f"{rest}ehr/{ehr}/composition/{uid}"

    return made
