"""The real gateway in front of services that echo, for tests of what it lets through."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx  # noqa: TID251  tests speak HTTP directly
from openward_cli.discovery import Provider
from openward_cli.gateway import Address, Edge, Pages, render_for
from openward_cli.stack import REPOSITORY, Service
from openward_servicekit.ports import free_port

from openward_testkit.tokens import TokenFactory

ORIGIN = "http://localhost:5173"
_START_SECONDS = 60


@dataclass
class EchoReplica:
    """One process of a service; `name` is `<service>-<number>`."""

    service: Service
    number: int
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return f"{self.service}-{self.number}"

    def start(self) -> None:
        command = [sys.executable, "-m", "openward_testkit.echo", self.name, str(self.port)]
        self.process = subprocess.Popen(command)

    def kill(self) -> None:
        """As `kill -9` does: what it was doing is lost."""
        if self.process:
            self.process.kill()
            self.process.wait()

    async def started(self) -> Self:
        await _answering(f"http://127.0.0.1:{self.port}/readyz", self.process)
        return self

    async def seen(self, path: str) -> int:
        """How often the service was asked for `path`."""
        async with httpx.AsyncClient(timeout=20) as client:
            answer = await client.get(f"http://127.0.0.1:{self.port}/control/seen")
        count: int = answer.json().get(path, 0)
        return count

    async def set_ready(self, *, ready: bool) -> None:
        async with httpx.AsyncClient(timeout=20) as client:
            await client.put(f"http://127.0.0.1:{self.port}/control/ready?{str(ready).lower()}")


@dataclass
class GatewayRig:
    """`tokens` signs what the gateway accepts; `replicas` are the processes behind it."""

    port: int
    tokens: TokenFactory
    replicas: Mapping[Service, list[EchoReplica]]
    log: Path

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def bearer(self, token: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.tokens.token()}"}

    def client(self, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
        """Speaks with a good token unless other headers are given."""
        headers = self.bearer() if headers is None else headers
        return httpx.AsyncClient(base_url=f"http://{self.host}", headers=headers, timeout=20)


@asynccontextmanager
async def gateway_before_echoes(
    directory: Path, *, replicas: int = 1, services: Collection[Service] = tuple(Service), **changes: Any
) -> AsyncIterator[GatewayRig]:
    """Envoy as configured for a stack, in front of `replicas` echoes of each of `services`; others are down.

    `changes` are members of the `Edge`.
    """
    async with AsyncExitStack() as cleanup:
        tokens = TokenFactory()
        jwks_uri = await cleanup.enter_async_context(tokens.serving())
        behind = {service: [EchoReplica(service, i) for i in range(replicas)] for service in Service}
        everyone = [replica for service in services for replica in behind[service]]
        for replica in everyone:
            replica.start()
            cleanup.callback(replica.kill)
        edge = _edge(free_port(), jwks_uri, tokens, behind, changes)
        log = directory / "gateway.log"
        await asyncio.gather(*(replica.started() for replica in everyone))
        envoy = _start_envoy(render_for(edge), directory, log)
        cleanup.callback(_stop, envoy)
        await _answering(f"{edge.public_url}/healthz", envoy)
        yield GatewayRig(edge.port, tokens, behind, log)


def _edge(
    port: int,
    jwks_uri: str,
    tokens: TokenFactory,
    behind: Mapping[Service, list[EchoReplica]],
    changes: Mapping[str, Any],
) -> Edge:
    host = f"127.0.0.1:{port}"
    fixed: dict[str, Any] = {
        "bind": "127.0.0.1",
        "port": port,
        "admin_port": free_port(),
        "public_url": f"http://{host}",
        "domains": (host,),
        "origins": (ORIGIN,),
        "provider": Provider(tokens.issuer, jwks_uri, f"{tokens.issuer}/auth", f"{tokens.issuer}/token"),
        "audience": tokens.audience,
        "replicas": {s: tuple(Address("127.0.0.1", r.port) for r in group) for s, group in behind.items()},
        "pages": _pages(),
        "rate_per_address": 5000,
    }
    return Edge(**{**fixed, **changes})


def _pages() -> Pages:
    return Pages(
        swagger=REPOSITORY / "node_modules" / "swagger-ui-dist",
        reference=REPOSITORY / "infra" / "gateway" / "docs",
        documents=REPOSITORY / "docs",
        names=(),
    )


def _start_envoy(configuration: str, directory: Path, log: Path) -> subprocess.Popen[bytes]:
    file = directory / "envoy.yaml"
    file.write_text(configuration, encoding="utf-8")
    envoy = str(Path(sys.executable).with_name("envoy"))
    command = [envoy, "-c", str(file), "--concurrency", "1", "--disable-hot-restart", "-l", "warning"]
    with log.open("wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=output)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(30)


async def _answering(url: str, process: subprocess.Popen[bytes] | None) -> None:
    async with asyncio.timeout(_START_SECONDS), httpx.AsyncClient() as client:
        while True:
            assert process is None or process.poll() is None, "it has ended"
            try:
                await client.get(url)
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
            else:
                return
