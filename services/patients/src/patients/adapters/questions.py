"""Reading past Prisma (ADR 8): what is asked at every search and every registration.

The same statement costs a third: no second process, no transaction around it, and its plan is kept.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, Final

import asyncpg
from openward_servicekit.database import AWAY, unchanged
from openward_servicekit.settings import ServiceSettings

from patients.domain.errors import RegistryBusy, SearchTooBroad

_MILLISECONDS: Final = 2000
#: How long one waits for a connection that others use.
_WAIT_SECONDS: Final = 5


class Questions:
    """Reads only, on connections that were made by `prepare`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def query_raw(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        """As Prisma's. Raises SearchTooBroad after two seconds, RegistryBusy."""
        try:
            async with self._pool.acquire(timeout=_WAIT_SECONDS) as connection:
                return [dict(row) for row in await connection.fetch(query, *parameters)]
        except asyncpg.QueryCanceledError:
            raise SearchTooBroad from None
        except AWAY:
            raise RegistryBusy from None


@asynccontextmanager
async def open_questions(settings: ServiceSettings) -> AsyncIterator[Questions]:
    """With half as many connections as Prisma has: each is used for milliseconds."""
    pool = asyncpg.create_pool(
        settings.database_url,
        password=settings.database_password.get_secret_value(),
        min_size=1,
        max_size=max(1, settings.database_pool_size // 2),
        init=prepare,
        reset=unchanged,
        server_settings={"application_name": settings.service, "statement_timeout": str(_MILLISECONDS)},
    )
    async with pool:
        yield Questions(pool)


async def prepare(connection: asyncpg.Connection) -> None:
    """JSON is what it means; days and times go in as text."""
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
    await connection.set_type_codec("date", schema="pg_catalog", encoder=str, decoder=date.fromisoformat)
    await connection.set_type_codec("timestamptz", schema="pg_catalog", encoder=str, decoder=str)
