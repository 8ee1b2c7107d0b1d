"""Servers that have been told to start need not answer yet."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from openward_cli.failure import Failure

_PAUSE_SECONDS = 0.25
Answer = TypeVar("Answer")


class NotYet(Exception):  # noqa: N818 - an answer, not an error
    """The text says in a few words what is missing."""


async def patiently(
    attempt: Callable[[], Awaitable[Answer]], *, seconds: float, what: str, remedy: str
) -> Answer:
    """The first answer of `attempt`. `Failure` with its last reason when it says `NotYet` for `seconds`."""
    end = time.monotonic() + seconds
    while True:
        try:
            return await attempt()
        except NotYet as reason:
            if time.monotonic() >= end:
                raise Failure(f"{what}: {reason}", remedy) from reason
        await asyncio.sleep(_PAUSE_SECONDS)
