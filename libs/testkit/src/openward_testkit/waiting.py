"""Waiting for what another task or process brings about."""

import asyncio
from collections.abc import Callable


async def eventually(holds: Callable[[], bool], *, seconds: float = 30) -> None:
    """Return as soon as `holds()`; TimeoutError after so many seconds."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  what is waited for gives no signal
            await asyncio.sleep(0.01)
