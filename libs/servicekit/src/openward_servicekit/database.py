"""PostgreSQL through asyncpg, for what does not go through Prisma (ADR 0008)."""

from typing import Final

import asyncpg
from pydantic import SecretStr

from openward_servicekit.settings import ServiceSettings

_COMMAND_SECONDS: Final = 10


def make_pool(
    settings: ServiceSettings, *, url: str | None = None, password: SecretStr | None = None
) -> asyncpg.Pool:
    """To the own database, or the one at `url`; open it with `async with`. A statement may take 10 s."""
    login = password or settings.database_password
    return asyncpg.create_pool(
        url or settings.database_url,
        password=login.get_secret_value(),
        min_size=1,
        max_size=settings.database_pool_size,
        command_timeout=_COMMAND_SECONDS,
        server_settings={"application_name": settings.service},
    )


async def answers(pool: asyncpg.Pool) -> None:
    """For readiness: raises what keeps the database from answering."""
    await pool.fetchval("select 1")
