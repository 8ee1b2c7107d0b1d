import asyncio
from collections.abc import Awaitable, Callable

import pytest
from openward_cli.failure import Failure
from openward_cli.steps import Report, Step, run


class Told:
    """A display that remembers."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def begins(self, name: str) -> None:
        self.events.append(f"{name} begins")

    def goes_on(self, name: str, doing: str, share: float | None) -> None:
        self.events.append(f"{name} {doing} {share}")

    def done(self, name: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        self.events.append(f"{name} {outcome}")

    def failed(self, name: str, seconds: float) -> None:
        assert seconds >= 0
        self.events.append(f"{name} failed")


def succeeds(outcome: str = "done", turns: int = 0) -> Callable[[Report], Awaitable[str]]:
    async def action(_: Report) -> str:
        for _turn in range(turns):
            await asyncio.sleep(0)
        return outcome

    return action


async def fails(_: Report) -> str:
    raise Failure("The server does not start", "see its log")


async def test_a_step_waits_for_what_it_needs() -> None:
    told = Told()

    await run([Step("b", succeeds(), frozenset({"a"})), Step("a", succeeds(turns=5))], told)

    assert told.events == ["a begins", "a done", "b begins", "b done"]


async def test_steps_that_need_nothing_run_at_the_same_time() -> None:
    told = Told()

    await run([Step("a", succeeds(turns=5)), Step("b", succeeds())], told)

    assert told.events == ["a begins", "b begins", "b done", "a done"]


async def test_a_need_that_is_no_step_is_taken_as_met() -> None:
    told = Told()

    await run([Step("a", succeeds(), frozenset({"elsewhere"}))], told)

    assert told.events == ["a begins", "a done"]


async def test_a_failure_stops_what_needs_it_and_nothing_else() -> None:
    told = Told()
    steps = [
        Step("bad", fails),
        Step("needs bad", succeeds(), frozenset({"bad"})),
        Step("needs that", succeeds(), frozenset({"needs bad"})),
        Step("apart", succeeds(turns=5)),
    ]

    with pytest.raises(Failure, match="The server does not start"):
        await run(steps, told)

    assert sorted(told.events) == ["apart begins", "apart done", "bad begins", "bad failed"]


async def test_a_step_says_what_it_is_at() -> None:
    async def action(report: Report) -> str:
        report("fetches", 0.5)
        report("builds")
        return "built"

    told = Told()
    await run([Step("a", action)], told)

    assert told.events == ["a begins", "a fetches 0.5", "a builds None", "a built"]
