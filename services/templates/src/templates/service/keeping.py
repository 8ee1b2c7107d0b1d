"""What was made is kept as long as there is room, and made once however many ask for it at the same time."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key; those that were not asked for longest go first.

    `weigh` says what a value takes, in the unit of `room`. What is heavier than `room` is made and not kept.
    """

    def __init__(self, room: int, weigh: Callable[[V], int]) -> None:
        self._room = room
        self._weigh = weigh
        self._weight = 0
        self._values: OrderedDict[K, V] = OrderedDict()
        self._making: dict[K, asyncio.Task[V]] = {}

    def held(self, key: K) -> V | None:
        """Without making it."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key]

    async def get(self, key: K, make: Callable[[], Awaitable[V]]) -> V:
        """Raises what `make` raises, to each that waits for it; it is tried again for the next."""
        if (value := self.held(key)) is not None:
            return value
        if (task := self._making.get(key)) is None:
            task = asyncio.create_task(self._made(key, make))
            task.add_done_callback(_looked_at)
            self._making[key] = task
        # Who goes away does not take it from the others, and it may be asked for again.
        return await asyncio.shield(task)

    async def _made(self, key: K, make: Callable[[], Awaitable[V]]) -> V:
        try:
            value = await make()
        finally:
            del self._making[key]
        self._keep(key, value)
        return value

    def _keep(self, key: K, value: V) -> None:
        self._values[key] = value
        self._weight += self._weigh(value)
        while self._weight > self._room:
            _, oldest = self._values.popitem(last=False)
            self._weight -= self._weigh(oldest)


def _looked_at(task: asyncio.Task[V]) -> None:
    """Nobody may be left who waits for its failure."""
    if not task.cancelled():
        task.exception()
