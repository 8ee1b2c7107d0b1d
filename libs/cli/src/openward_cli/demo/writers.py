"""Clients that write at the same time, and repeat each write with its own key until it is acknowledged."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from openward_cli.demo.checks import CheckFailed, given
from openward_cli.demo.exchange import Exchange
from openward_cli.http import HTTPError

#: The gateway's own words for a service that is not there.
_AWAY: Final = frozenset({502, 503, 504})
#: The first attempt is still being answered, or its process died: the key is free again in a moment.
_IN_PROGRESS: Final = "request-in-progress"
PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.25


@dataclass(frozen=True)
class Write:
    """`body` is what is sent, the same at every attempt; `value` what is to be found again."""

    key: str
    value: float
    body: Mapping[str, object]


@dataclass(frozen=True)
class Acknowledged:
    """`began` and `ended` (seconds of `time.monotonic`) are those of the attempt that was answered."""

    write: Write
    version_uid: str
    attempts: int
    began: float
    ended: float


async def write_all(
    writes: Iterable[Write],
    send: Callable[[Write], Awaitable[Exchange]],
    acknowledged: Callable[[Acknowledged], None],
    *,
    writers: int,
) -> None:
    """Every write has been acknowledged when this returns. Raises CheckFailed for one that is not to be."""
    waiting = deque(writes)

    async def writer() -> None:
        while waiting:
            acknowledged(await _until_acknowledged(waiting.popleft(), send))

    await asyncio.gather(*(writer() for _ in range(writers)))


async def _until_acknowledged(write: Write, send: Callable[[Write], Awaitable[Exchange]]) -> Acknowledged:
    give_up = time.monotonic() + PATIENCE_SECONDS
    attempts = 0
    while True:
        attempts, began = attempts + 1, time.monotonic()
        answer = await _answer(write, send)
        if answer is not None and answer.status == 201:
            return Acknowledged(write, given(answer, "version_uid"), attempts, began, time.monotonic())
        if time.monotonic() > give_up:
            raise CheckFailed(f"a write was not acknowledged within {PATIENCE_SECONDS:.0f} s", answer)
        await asyncio.sleep(PAUSE_SECONDS)


async def _answer(write: Write, send: Callable[[Write], Awaitable[Exchange]]) -> Exchange | None:
    """None when no answer came. Raises CheckFailed for one after which repeating would be wrong."""
    try:
        answer = await send(write)
    except HTTPError:
        return None
    repeat = answer.status in _AWAY or (answer.status == 409 and answer.value("code") == _IN_PROGRESS)
    if answer.status != 201 and not repeat:
        raise CheckFailed(f"a write was refused with {answer.status}", answer)
    return answer
