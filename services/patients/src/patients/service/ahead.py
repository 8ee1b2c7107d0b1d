"""Stages of a stream that work at the same time."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

T = TypeVar("T")


async def ahead(source: AsyncIterator[T]) -> AsyncGenerator[T, None]:
    """The same items; while one is being used, the source makes the next, and no more than that.

    Close it (`contextlib.aclosing`): the source must not go on when nobody takes what it makes.
    """
    coming = _next(source)
    try:
        while True:
            try:
                item = await coming
            except StopAsyncIteration:
                return
            coming = _next(source)
            yield item
    finally:
        coming.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await coming


def _next(source: AsyncIterator[T]) -> asyncio.Task[T]:
    async def step() -> T:
        return await anext(source)

    return asyncio.create_task(step(), name="one step ahead")
