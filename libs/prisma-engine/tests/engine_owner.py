"""A process with an engine of its own, for the tests of its life: `wait` until killed, or `speak` and end.

Arguments: directory of the generated clients, prisma-engine.mjs, database URL, `wait` or `speak`, a word.
"""

import asyncio
import contextlib
import importlib
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from openward_servicekit.prisma import connected, prisma_options


async def speak(db: Any, word: str) -> None:
    """Every way in which the word could get into a log: as a value, in SQL, in what fails."""
    await db.owner.create({"name": word})
    await db.owner.find_first(where={"name": word})
    await db.query_raw("SELECT $1 AS value", word)
    await db.query_raw(f"SELECT '{word}'")
    failing: list[Callable[[], Awaitable[object]]] = [
        lambda: db.owner.create({"name": word}),
        lambda: db.sample.create({"uuid": word}),
        lambda: db.query_raw(f"SELECT {word}"),
        lambda: db.query_raw("SELECT $1::uuid", word),
        lambda: db.owner.create({word: 1}),
    ]
    for attempt in failing:
        with contextlib.suppress(Exception):
            await attempt()
    async with db.tx() as tx:
        await tx.owner.delete_many(where={"name": word})


async def main() -> None:
    generated, engine, url, action, word = sys.argv[1:]
    sys.path.insert(0, generated)
    options = prisma_options(engine=Path(engine), client=Path(generated) / "client", url=url)
    async with connected(importlib.import_module("engine_test_client").Prisma(**options)) as db:
        sys.stdout.write("connected\n")
        sys.stdout.flush()
        await (asyncio.Event().wait() if action == "wait" else speak(db, word))


asyncio.run(main())
