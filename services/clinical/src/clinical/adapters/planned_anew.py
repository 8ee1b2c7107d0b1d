"""Statements that the database plans each time, for tables that grow by thousands of rows within a second."""

from typing import Any

import asyncpg


async def planned_anew(pool: asyncpg.Pool, statement: str, *arguments: Any) -> list[asyncpg.Record]:
    """Rows, like `pool.fetch`, at the cost of a round trip.

    A statement that is kept prepared may have been planned when its tables were nearly empty, for reading all
    of them, and again for each row of a join: that plan stays until statistics are made, minutes later.
    """
    async with pool.acquire() as connection:
        prepared = await connection.prepare(statement, name="")  # one without a name is not kept
        found: list[asyncpg.Record] = await prepared.fetch(*arguments)
        return found
