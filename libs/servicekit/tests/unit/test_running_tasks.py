import asyncio
from contextlib import suppress

import pytest
from openward_servicekit.tasks import running, together


async def test_work_runs_beside_the_block_and_ends_with_it() -> None:
    steps: list[str] = []

    async def work() -> None:
        steps.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            steps.append("ended")

    async with running(work(), "work"):
        await asyncio.sleep(0)
        assert steps == ["begun"]

    assert steps == ["begun", "ended"]


async def stubborn() -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


async def failing() -> None:
    await asyncio.sleep(0)
    raise LookupError


async def test_work_that_swallows_a_cancellation_ends_all_the_same() -> None:
    async with asyncio.timeout(10), running(stubborn(), "stubborn"):
        await asyncio.sleep(0)


async def test_a_failure_of_the_work_is_not_hidden() -> None:
    with pytest.raises(LookupError):
        async with running(failing(), "failing"):
            await asyncio.sleep(0.01)


async def test_of_works_together_the_first_failure_ends_all_and_is_raised() -> None:
    async with asyncio.timeout(10):
        with pytest.raises(LookupError):
            await together({"failing": failing(), "stubborn": stubborn()})
    assert {task.get_name() for task in asyncio.all_tasks()}.isdisjoint({"failing", "stubborn"})


async def test_works_together_end_with_who_waits_for_them() -> None:
    waiting = asyncio.create_task(together({"stubborn": stubborn(), "other": stubborn()}))
    await asyncio.sleep(0)
    waiting.cancel()
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert {task.get_name() for task in asyncio.all_tasks()}.isdisjoint({"stubborn", "other"})
