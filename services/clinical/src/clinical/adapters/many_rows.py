"""Rows made into what they stand for, in a thread where they are so many that other requests would wait."""

from asyncio import to_thread
from collections.abc import Callable, Sequence
from typing import TypeVar

import asyncpg

_Made = TypeVar("_Made")


async def made(
    make: Callable[[asyncpg.Record], _Made], rows: Sequence[asyncpg.Record], at_once: int
) -> list[_Made]:
    """In their order. `at_once`: so many take less than a few milliseconds."""

    def all_of_them() -> list[_Made]:
        return [make(row) for row in rows]

    return await to_thread(all_of_them) if len(rows) > at_once else all_of_them()
