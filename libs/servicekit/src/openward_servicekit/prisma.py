"""A service's Prisma client and its query engine: `libs/prisma-engine`, Node, which the client starts.

`Prisma(**prisma_options(…))` makes the client, `connected(client)` keeps it connected.
"""

import asyncio
import importlib
import logging
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import structlog

from openward_servicekit.http import (
    AsyncBaseTransport,
    Limits,
    PoolTransport,
    Request,
    Response,
    Timeout,
    upstream_errors,
)
from openward_servicekit.ports import free_port

SECRET_HEADER = "x-openward-engine-secret"  # noqa: S105  its name

#: `error.code` when the database is away, busy or slow: the same may work later. P2034 asks for it at once.
TRANSIENT_CODES = frozenset({"P1001", "P1008", "P1017", "P2024", "P2028", "P2034"})

_log: Final = structlog.get_logger(__name__)
_WATCH_SECONDS = 1.0


class PrismaClient(Protocol):
    """Any generated `Prisma` with the asyncio interface."""

    async def connect(self) -> None: ...
    async def disconnect(self) -> None: ...


C = TypeVar("C", bound=PrismaClient)


def prisma_url(database_url: str, *, password: str, pool_size: int) -> str:
    """`postgresql://role@host:port/database` with the password and the size of the engine's pool."""
    parts = urlsplit(database_url)
    query = "&".join(filter(None, [parts.query, urlencode({"connection_limit": pool_size})]))
    netloc = f"{parts.username}:{quote(password, safe='')}@{parts.netloc.rpartition('@')[2]}"
    return parts._replace(netloc=netloc, query=query).geturl()


def prisma_options(*, engine: Path, client: Path, url: str) -> dict[str, Any]:
    """Keyword arguments of a generated `Prisma`. Its engine serves this process, by a secret made here.

    `engine` is prisma-engine.mjs, `client` the directory of the generated JavaScript client, `url` what
    `prisma_url` gives.
    """
    os.environ["PRISMA_QUERY_ENGINE_BINARY"] = str(engine)  # the client takes it from nowhere else
    secret = secrets.token_urlsafe(32)
    return {
        "use_dotenv": False,
        # Beside the URL, which is all that the client knows of, the engine finds there what else it needs.
        "datasource": {"url": url, "client": str(client), "secret": secret, "parent": os.getpid()},
        "http": {"transport": _EngineTransport(secret), "timeout": Timeout(30.0), "trust_env": False},
    }


@asynccontextmanager
async def connected(client: C) -> AsyncIterator[C]:
    """The client, connected. An engine that ends is started again within about two seconds.

    What is asked meanwhile fails with UpstreamUnavailable (nothing was done), what was under way with
    ConnectionLost (nobody knows).
    """
    _repair(client)
    try:
        await client.connect()
        watch = asyncio.create_task(_revive(client))
        try:
            yield client
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
    finally:
        await client.disconnect()  # also after a connect() that failed: it leaves its HTTP session open


class _EngineTransport(AsyncBaseTransport):
    """To the engine only: `localhost`, as the client calls it, may be another address than the engine's.

    As many requests at once as there are callers. With a limit, those that wait for a database connection
    would keep out those of the open transactions that could give one back.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._wire = PoolTransport(Limits(max_connections=None))

    async def handle_async_request(self, request: Request) -> Response:
        headers = request.headers
        headers[SECRET_HEADER] = self._secret
        url, body = request.url.copy_with(host="127.0.0.1"), request.stream
        forwarded = Request(request.method, url, headers=headers, stream=body, extensions=request.extensions)
        async with upstream_errors("the database"):
            response = await self._wire.handle_async_request(forwarded)
            await response.aread()
        return response

    async def aclose(self) -> None:
        await self._wire.aclose()


def _repair(client: PrismaClient) -> None:
    """What Prisma Client Python 0.15 gets wrong, in the copy of it that this client was generated into."""
    package = type(client).__module__.rpartition(".")[0]
    # At DEBUG it logs queries with their values, and the URL with its password.
    logging.getLogger(package).setLevel(logging.INFO)
    # It indents the text of a query line by line, also within a value that has U+0085, U+2028 or U+2029.
    builder: Any = importlib.import_module(f"{package}._builder")
    builder.dumps = partial(builder.dumps, ensure_ascii=True)
    # It takes a port that an outgoing connection may have by the time the engine has started and binds it.
    utils: Any = importlib.import_module(f"{package}.engine.utils")
    utils.get_open_port = free_port


async def _revive(client: Any) -> None:
    """In place: whoever holds the client sees `UpstreamUnavailable` until the new engine answers."""
    engine = client._internal_engine  # noqa: SLF001  the client has no public word for it
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        if engine.process is None or engine.process.poll() is not None:
            _log.error("prisma engine ended, starting another")
            engine.close()
            with suppress(Exception):  # it says on stderr what is wrong, and is tried again
                await client.connect()
