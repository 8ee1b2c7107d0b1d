"""Tasks that live as long as a block of code."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import Any, Final

_CANCEL_AGAIN_S: Final = 2.0


@contextlib.asynccontextmanager
async def running(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """`work`, which must not fail, runs beside the block and is cancelled at its end.

    Cancelled until it ends: `asyncio.wait_for`, by which nats-py waits for acknowledgements, swallows a
    cancellation that comes together with what it waits for (python/cpython#86296, gone in Python 3.12).
    """
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=_CANCEL_AGAIN_S)
        with contextlib.suppress(asyncio.CancelledError):
            task.result()


async def together(works: Mapping[str, Coroutine[Any, Any, None]]) -> None:
    """All of them, by their names, until one fails, which is raised; none outlives this.

    A TaskGroup cancels its tasks once, and waits for ever for one that swallowed that (see `running`).
    """
    tasks = [asyncio.create_task(work, name=name) for name, work in works.items()]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        while waiting := [task for task in tasks if not task.done()]:
            for task in waiting:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):  # this is being ended already
                await asyncio.wait(waiting, timeout=_CANCEL_AGAIN_S)
        await asyncio.gather(*tasks, return_exceptions=True)
