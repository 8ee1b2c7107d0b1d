"""Tasks that live as long as a block of code."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
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
