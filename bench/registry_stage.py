"""Where the registry is measured: a stack with PostgreSQL and NATS, and processes of the service."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from subprocess import run
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from openward_cli.environment import service_environment
from openward_cli.stack import REPOSITORY, Port, Service, Stack
from openward_servicekit.errors import Failure
from openward_servicekit.http import AsyncClient, Timeout, make_client, upstream_errors
from openward_testkit.tokens import AUDIENCE, ISSUER, TokenFactory

STACK: Final = Stack(stack="bench", port_offset=9000)
API: Final = "/api/patients/v1"
_READY_SECONDS: Final = 60
#: An import is answered when all of it is taken.
_PATIENT: Final = Timeout(None)
_PART: Final = 256 * 1024

Answer = tuple[int, Any]
"""Status, and the JSON of the body."""


def owner_url() -> str:
    """The superuser's, of the registry's database, with the password."""
    password = quote(STACK.secret("postgres.password").read_text().strip(), safe="")
    return f"postgresql://postgres:{password}@127.0.0.1:{STACK.port(Port.POSTGRES)}/patients"


@contextmanager
def servers(*, keep: bool) -> Iterator[None]:
    """PostgreSQL and NATS as every local stack has them; fsync and synchronous_commit are on.

    `keep` leaves them, with all that they hold, for the next run.
    """
    _openward("up", "--only", "postgres,nats")
    try:
        yield
    finally:
        if not keep:
            _openward("clean")


def _openward(*arguments: str) -> None:
    own = {"OPENWARD_STACK": STACK.stack, "OPENWARD_PORT_OFFSET": str(STACK.port_offset)}
    command = [sys.executable, "-m", "openward_cli", *arguments]
    run(command, cwd=REPOSITORY, env=os.environ | own, stdout=sys.stderr, check=True)  # noqa: S603  our own


@dataclass
class Registry:
    """The service over HTTP, by one process of it after the other."""

    clients: list[AsyncClient]
    tokens: TokenFactory
    _turn: int = field(default=0, init=False)

    def headers(self, role: str = "clerk") -> dict[str, str]:
        """Good for five minutes."""
        token = self.tokens.token(sub=f"bench-{role}", roles=(role,), scope="user/Patient.cruds")
        return {"Authorization": f"Bearer {token}"}

    @property
    def bases(self) -> list[str]:
        return [str(client.base_url).rstrip("/") for client in self.clients]

    async def post(self, path: str, body: Any, headers: dict[str, str]) -> Answer:
        return await self._answer("POST", path, headers, json=body)

    async def put(self, path: str, body: bytes | BinaryIO, headers: dict[str, str]) -> Answer:
        content = body if isinstance(body, bytes) else _parts(body)
        return await self._answer("PUT", path, headers, content=content)

    async def get(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        return await self._answer("GET", path, headers, params=query)

    async def _answer(self, method: str, path: str, headers: dict[str, str], **parts: Any) -> Answer:
        self._turn += 1
        client = self.clients[self._turn % len(self.clients)]
        answer = await client.request(method, f"{API}{path}".lstrip("/"), headers=headers, **parts)
        return answer.status_code, answer.json()


async def _parts(file: BinaryIO) -> AsyncIterator[bytes]:
    while part := file.read(_PART):
        yield part


@asynccontextmanager
async def registry(processes: int) -> AsyncIterator[Registry]:
    """So many processes of the service, which answer."""
    tokens = TokenFactory()
    async with AsyncExitStack() as stack:
        jwks = await stack.enter_async_context(tokens.serving())
        for replica in range(processes):
            await stack.enter_async_context(_process(replica, jwks))
        ports = [STACK.service_port(Service.PATIENTS, replica) for replica in range(processes)]
        clients = [make_client(f"http://127.0.0.1:{port}", timeout=_PATIENT) for port in ports]
        for client in clients:
            await _ready(await stack.enter_async_context(client))
        yield Registry(clients, tokens)


@asynccontextmanager
async def _process(replica: int, jwks: str) -> AsyncIterator[None]:
    """`python -m patients` as the stack would start it, but for who it believes."""
    identity = {"OIDC_ISSUER": ISSUER, "OIDC_AUDIENCE": AUDIENCE, "OIDC_JWKS_URL": jwks}
    own = {f"OPENWARD_{name}": value for name, value in {**identity, "LOG_LEVEL": "warning"}.items()}
    environment = os.environ | service_environment(STACK, Service.PATIENTS, replica) | own
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "patients", env=environment, stdout=sys.stderr
    )
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(client: AsyncClient) -> None:
    async with asyncio.timeout(_READY_SECONDS):
        while not await _is_ready(client):  # noqa: ASYNC110  it gives no signal
            await asyncio.sleep(0.2)


async def _is_ready(client: AsyncClient) -> bool:
    try:
        async with upstream_errors("patients"):
            return (await client.get("readyz")).is_success
    except Failure:
        return False
