"""An EHRbase of its own, with the change capture: what is done there disturbs nobody."""

import contextlib
import os
import secrets
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx  # noqa: TID251 - speaks to EHRbase as a stranger would
from openward_cli.demo import vital_signs
from openward_cli.process import NotReady
from openward_cli.provision.capture import provision_capture
from openward_cli.provision.connection import connected
from openward_cli.provision.databases import ensure_ehrbase_database, provision_databases
from openward_cli.provision.patience import NotYet, patiently
from openward_cli.provision.secret_files import ensure_secrets, read
from openward_cli.provision.target import Target
from openward_cli.servers import ehrbase
from openward_cli.stack import Port, Stack
from openward_servicekit.ports import free_port

_START_SECONDS = 300
_AT = "2026-11-22T10:00:00Z"


@dataclass(frozen=True)
class Cdr:
    """`api` and `admin` speak to it, below `/ehrbase/rest`; `superuser` to its database."""

    api: httpx.AsyncClient
    admin: httpx.AsyncClient
    superuser: asyncpg.Connection
    target: Target
    database: str

    async def send(self, method: str, path: str, status: int, **request: Any) -> httpx.Response:
        """The answer, which has this status. Paths below `/admin` are asked for as administrator."""
        client = self.admin if path.startswith("/admin") else self.api
        answer = await client.request(method, path, **request)
        assert answer.status_code == status, answer.text
        return answer

    async def session(self, role: str) -> asyncpg.Connection:
        """In its database, as one of the login roles. Close it."""
        return await asyncpg.connect(
            host=self.target.postgres_host,
            port=self.target.postgres_port,
            user=role,
            password=read(self.target.secrets_dir, f"{role}.db.password"),
            database=self.database,
        )

    async def captured(self, ehr_id: str) -> list[asyncpg.Record]:
        """Rows of `evt.ehr_event`, in the order of the changes."""
        rows: list[asyncpg.Record] = await self.superuser.fetch(
            "select * from evt.ehr_event where ehr_id = $1 order by id", uuid.UUID(ehr_id)
        )
        return rows

    async def create_ehr(self) -> str:
        ehr_id = str(uuid.uuid4())
        await self.send("PUT", f"/openehr/v1/ehr/{ehr_id}", 201)
        return ehr_id

    async def write(self, ehr_id: str, preceding: str = "") -> str:
        """Commits vital signs, new or after the version `preceding`; the new version's uid."""
        path = f"/openehr/v1/ehr/{ehr_id}/composition"
        answer = await self.api.request(
            "PUT" if preceding else "POST",
            f"{path}/{preceding.partition('::')[0]}" if preceding else path,
            params={"templateId": vital_signs.TEMPLATE_ID, "format": "FLAT"},
            json=vital_signs.flat(120, 80, _AT, composer="Ada"),
            # EHRbase does not understand the quotes that HTTP asks for.
            headers={"If-Match": preceding} if preceding else {},
        )
        assert answer.is_success, answer.text
        return answer.headers["ETag"].strip('"')


@contextlib.asynccontextmanager
async def running_cdr(stack: Stack) -> AsyncIterator[Cdr]:
    """On a new database of the stack's PostgreSQL, with the template of `vital_signs`. Nothing stays."""
    ensure_secrets(stack)
    target, database, port = Target.of(stack), f"test_{secrets.token_hex(4)}", free_port()
    await provision_databases(target)
    async with contextlib.AsyncExitStack() as opened:
        async with connected(target, "postgres") as server:
            await ensure_ehrbase_database(target, server, database)
        opened.push_async_callback(_drop, target, database)
        opened.enter_context(_process(stack, database, port))
        await _serving(stack, port)
        await provision_capture(target, database)
        cdr = Cdr(
            await opened.enter_async_context(_client(target, port, "openward", "ehrbase.user.password")),
            await opened.enter_async_context(
                _client(target, port, "openward-admin", "ehrbase.admin.password")
            ),
            await opened.enter_async_context(connected(target, database)),
            target,
            database,
        )
        xml = {"Content-Type": "application/xml"}
        path = "/openehr/v1/definition/template/adl1.4"
        await cdr.send("POST", path, 201, content=vital_signs.opt(), headers=xml)
        yield cdr


async def _drop(target: Target, database: str) -> None:
    """By a session of its own: what happens meanwhile may have ended all others."""
    async with connected(target, "postgres") as server:
        await server.execute(f"drop database {database} with (force)")


def _client(target: Target, port: int, user: str, secret: str) -> httpx.AsyncClient:
    base_url = f"http://127.0.0.1:{port}/ehrbase/rest"
    return httpx.AsyncClient(base_url=base_url, auth=(user, read(target.secrets_dir, secret)), timeout=60)


@contextlib.contextmanager
def _process(stack: Stack, database: str, port: int) -> Iterator[None]:
    process = ehrbase.process(stack)
    process.directory.mkdir(parents=True, exist_ok=True)
    stack.logs_dir.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        **process.environment,
        "DB_URL": f"jdbc:postgresql://127.0.0.1:{stack.port(Port.POSTGRES)}/{database}",
        "SERVER_PORT": str(port),
    }
    with (stack.logs_dir / "ehrbase-of-tests.log").open("wb") as log:
        server = subprocess.Popen(process.command, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        server.terminate()
        server.wait(timeout=30)


async def _serving(stack: Stack, port: int) -> None:
    probe = ehrbase.probe(stack, port)

    async def attempt() -> None:
        try:
            await probe()
        except NotReady as reason:
            raise NotYet(str(reason)) from reason

    await patiently(attempt, seconds=_START_SECONDS, what="EHRbase", remedy="see ehrbase-of-tests.log")
