import asyncio
from contextlib import suppress

import pytest
from openward_servicekit.tasks import running


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


async def test_work_that_swallows_a_cancellation_ends_all_the_same() -> None:
    async def stubborn() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    async with asyncio.timeout(10), running(stubborn(), "stubborn"):
        await asyncio.sleep(0)


async def test_a_failure_of_the_work_is_not_hidden() -> None:
    async def failing() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        async with running(failing(), "failing"):
            await asyncio.sleep(0)
