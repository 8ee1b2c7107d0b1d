"""What requests in flight together ask of a database, asked by one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

MOST: Final = 200
#: How long a round waits for company while several ask at a time: a statement costs more than ten answers.
_MOMENT_SECONDS: Final = 0.001


class Gathering(Generic[Q, A]):
    """`await gathering(question)`: the first is asked at once; who comes meanwhile is in the next round.

    So no answer is older than its question. `ask` is given at most `MOST` questions and answers each, in
    their order; what it raises is raised to all who have asked.
    """

    def __init__(self, ask: Callable[[Sequence[Q]], Awaitable[Sequence[A]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._asking: asyncio.Task[None] | None = None
        self._several = False  # were in the last round

    def __call__(self, question: Q) -> "asyncio.Future[A]":
        answered: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answered))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_all(), name="gathering")
        return answered

    async def _ask_all(self) -> None:
        if self._several:
            await asyncio.sleep(_MOMENT_SECONDS)
        while self._waiting:
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            self._several = len(group) > 1
            futures = [answered for _, answered in group]
            try:
                answers = await self._ask([question for question, _ in group])
            except Exception as error:  # noqa: BLE001  handed to everyone who waits for it
                _fail(futures, error)
            else:
                _settle(futures, answers)


def _settle(futures: Sequence[asyncio.Future[A]], answers: Sequence[A]) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if not future.done():  # its caller has gone away
            future.set_result(answer)


def _fail(futures: Sequence[asyncio.Future[A]], error: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)
