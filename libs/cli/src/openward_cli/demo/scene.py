"""What every step of the demonstration works with: it sends, shows, checks and counts."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from openward_cli.demo.checks import require, require_status
from openward_cli.demo.client import Client
from openward_cli.demo.exchange import Exchange
from openward_cli.demo.screen import Screen
from openward_cli.stack import Stack

#: Events take moments; this is looked at so often.
POLL_SECONDS = 0.1


class Scene:
    def __init__(self, stack: Stack, client: Client, screen: Screen) -> None:
        self.stack = stack
        self.screen = screen
        self.client = client
        self.steps = 0
        self.checks = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announces a step, and at its end says how long it took."""
        self.steps += 1
        self.screen.title(self.steps, title)
        began = time.monotonic()
        yield
        self.screen.duration(time.monotonic() - began)

    async def call(
        self,
        user: str,
        method: str,
        path: str,
        *,
        expect: int | tuple[int, ...] = 200,
        show: Sequence[str] = (),
        **request: Any,
    ) -> Exchange:
        """Sends as `user` (nobody when empty), shows the fields `show` of the answer, checks its status."""
        exchange = await self.client.send(user, method, path, **request)
        self.screen.exchange(exchange, show)
        require_status(exchange, *((expect,) if isinstance(expect, int) else expect))
        return exchange

    async def poll(
        self,
        user: str,
        path: str,
        done: Callable[[Exchange], bool],
        *,
        seconds: float,
        show: Sequence[str] = (),
        params: Mapping[str, Any] | None = None,
    ) -> list[Exchange]:
        """Reads until `done`, at most for `seconds`. Every answer, the last one shown."""
        give_up = time.monotonic() + seconds
        answers: list[Exchange] = []
        while not answers or (not done(answers[-1]) and time.monotonic() < give_up):
            await asyncio.sleep(POLL_SECONDS if answers else 0)
            answers.append(await self.client.send(user, "GET", path, params=params))
            require_status(answers[-1], 200)
        self.screen.exchange(answers[-1], show, len(answers))
        return answers

    def check(self, holds: object, right: str, wrong: str, exchange: Exchange | None = None) -> None:
        """Counts and shows the sentence `right`, or stops the demonstration with `wrong`."""
        require(holds, wrong, exchange)
        self.checked(right)

    def checked(self, right: str) -> None:
        self.checks += 1
        self.screen.passed(right)
