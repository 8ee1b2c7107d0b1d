"""Who listens to live events is told nothing of the restricted, however many listen and whatever fails."""

import asyncio
from typing import Any, cast

import pytest
from clinical.service.records import Records
from openward_contracts.identifiers import EhrId

HIDDEN, LATER = EhrId.new(), EhrId.new()


class Slow:
    """The Restrictions port: answers what was so when it was asked, as soon as it is let."""

    def __init__(self) -> None:
        self.ehrs: tuple[EhrId, ...] = (HIDDEN,)
        self.fails = False
        self.let = asyncio.Event()

    async def hidden(self) -> tuple[EhrId, ...]:
        ehrs = self.ehrs
        await self.let.wait()
        if self.fails:
            raise ConnectionError
        return ehrs


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def listening() -> tuple[Records, Slow, Clock]:
    slow, clock = Slow(), Clock()
    return Records(cast("Any", None), slow, cast("Any", None), clock), slow, clock


async def asked(records: Records, count: int) -> list[asyncio.Task[frozenset[EhrId]]]:
    tasks = [asyncio.create_task(records.hidden_lately()) for _ in range(count)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_all_who_ask_at_once_wait_for_the_answer() -> None:
    records, slow, _ = listening()

    tasks = await asked(records, 3)
    assert not any(task.done() for task in tasks)
    slow.let.set()

    assert await asyncio.gather(*tasks) == [{HIDDEN}] * 3


async def test_nobody_is_told_what_was_so_when_the_database_fails() -> None:
    records, slow, clock = listening()
    slow.let.set()
    await records.hidden_lately()
    slow.let.clear()
    slow.fails, clock.now = True, 102.0

    tasks = await asked(records, 2)
    slow.let.set()

    for task in tasks:
        with pytest.raises(ConnectionError):
            await task
    with pytest.raises(ConnectionError):
        await records.hidden_lately()


async def test_an_answer_that_took_long_is_as_old_as_its_question() -> None:
    records, slow, clock = listening()
    (early,) = await asked(records, 1)
    slow.ehrs, clock.now = (HIDDEN, LATER), 105.0

    (late,) = await asked(records, 1)
    slow.let.set()

    assert (await early, await late) == (frozenset({HIDDEN}), frozenset({HIDDEN, LATER}))


async def test_who_goes_away_does_not_end_it_for_the_others() -> None:
    records, slow, _ = listening()
    first, second = await asked(records, 2)

    first.cancel()
    await asyncio.sleep(0)
    slow.let.set()

    assert await second == {HIDDEN}
