"""Where the clinical service is measured: a whole stack of its own, and the two ways to EHRbase in it."""

import asyncio
import base64
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from subprocess import run
from typing import Final

import asyncpg
from openward_cli.http import AsyncClient, make_client
from openward_cli.provision.connection import connected
from openward_cli.provision.target import Target
from openward_cli.servers.ehrbase import USER
from openward_cli.stack import REPOSITORY, Port, Service, Stack
from openward_cli.token import user_token

_STACK: Final = Stack(stack="bench", port_offset=9000)
#: The audit log follows at its own pace, and on a machine of its own where it matters.
_SERVICES: Final = (Service.PATIENTS, Service.CLINICAL, Service.TEMPLATES)
CLINICIAN: Final = "ada"
#: Tokens live for 300 s, and a measurement may begin with the oldest.
_TOKEN_SECONDS: Final = 100.0
_DRAIN_SECONDS: Final = 300.0


def stack_of(processes: int) -> Stack:
    return _STACK.model_copy(update={"replicas": processes})


@contextmanager
def running(stack: Stack, *, keep: bool) -> Iterator[None]:
    """As every local stack runs, but for the limit on requests from one address. `keep` leaves it there."""
    names = [stack.process(service, i) for service in _SERVICES for i in range(stack.replicas)]
    _openward(stack, "up", "--only", ",".join(["infrastructure", *names, "gateway"]))
    try:
        yield
    finally:
        if not keep:
            _openward(stack, "clean")


def _openward(stack: Stack, *arguments: str) -> None:
    own = {
        "OPENWARD_STACK": stack.stack,
        "OPENWARD_PORT_OFFSET": str(stack.port_offset),
        "OPENWARD_REPLICAS": str(stack.replicas),
        "OPENWARD_GATEWAY_RATE_PER_ADDRESS": "1000000",
    }
    command = [sys.executable, "-m", "openward_cli", *arguments]
    run(command, cwd=REPOSITORY, env=os.environ | own, stdout=sys.stderr, check=True)  # noqa: S603  our own


@dataclass
class Side:
    """One way to EHRbase: `base` is the folder of ITS-REST below `server`."""

    name: str
    server: str
    base: str
    stack: Stack
    _authorization: str = field(default="", init=False)
    _since: float = field(default=0.0, init=False)

    async def headers(self) -> Mapping[str, str]:
        """Good for three minutes at least."""
        if not self._authorization or time.monotonic() - self._since > _TOKEN_SECONDS:
            self._authorization, self._since = await self._authorized(), time.monotonic()
        return {"Authorization": self._authorization, "Accept": "application/json"}

    async def _authorized(self) -> str:
        if self.name == OPENWARD:
            return f"Bearer {await user_token(self.stack, CLINICIAN)}"
        password = self.stack.secret("ehrbase.user.password").read_text().strip()
        return "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode()


DIRECT: Final = "direct"
OPENWARD: Final = "openward"


@dataclass(frozen=True)
class Stage:
    """`clinical` and `ehrbase` are sessions of the superuser in their databases."""

    stack: Stack
    direct: Side
    openward: Side
    clinical: asyncpg.Connection
    ehrbase: asyncpg.Connection
    http: AsyncClient

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.direct, self.openward

    async def drained(self) -> float:
        """Seconds until every event and access record that there is has reached its stream."""
        began = time.perf_counter()
        async with asyncio.timeout(_DRAIN_SECONDS):
            while not await self._is_drained():  # noqa: ASYNC110  it gives no signal
                await asyncio.sleep(0.05)
        return time.perf_counter() - began

    async def _is_drained(self) -> bool:
        own = await self.clinical.fetchval("select exists (select from outbox_event)")
        return not own and not await self.ehrbase.fetchval("select exists (select from evt.ehr_event)")


@asynccontextmanager
async def stage(stack: Stack) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as opened:
        target = Target.of(stack)
        clinical = await opened.enter_async_context(connected(target, "clinical"))
        ehrbase = await opened.enter_async_context(connected(target, "ehrbase"))
        http = await opened.enter_async_context(make_client(seconds=60))
        server = f"http://127.0.0.1:{stack.port(Port.EHRBASE)}"
        direct = Side(DIRECT, server, "/ehrbase/rest/openehr/v1", stack)
        openward = Side(OPENWARD, stack.gateway_url, "/openehr/v1", stack)
        yield Stage(stack, direct, openward, clinical, ehrbase, http)
