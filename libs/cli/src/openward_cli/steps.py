"""Runs steps that wait for each other, each as soon as what it needs is done."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Report(Protocol):
    """How a step says what it is at, and which share of its work (0 to 1) is done where that is known."""

    def __call__(self, doing: str, share: float | None = None) -> None: ...


@dataclass(frozen=True)
class Step:
    """`action` gives a few words about what it has done."""

    name: str
    action: Callable[[Report], Awaitable[str]]
    after: frozenset[str] = frozenset()


class Display(Protocol):
    """Told of every step as it goes."""

    def begins(self, name: str) -> None: ...
    def goes_on(self, name: str, doing: str, share: float | None) -> None: ...
    def done(self, name: str, outcome: str, seconds: float) -> None: ...
    def failed(self, name: str, seconds: float) -> None: ...


async def run(steps: Sequence[Step], display: Display) -> None:
    """A step that fails takes only those with it that need it; its error is raised when all have ended.

    Names in `after` that are not among the steps are taken as done.
    """
    ends: dict[str, asyncio.Future[bool]] = {step.name: asyncio.Future() for step in steps}

    async def one(step: Step) -> None:
        good = [await ends[name] for name in step.after & ends.keys()]
        try:
            ends[step.name].set_result(all(good) and await _act(step, display))
        except Exception:
            ends[step.name].set_result(False)
            raise

    outcomes = await asyncio.gather(*(one(step) for step in steps), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


async def _act(step: Step, display: Display) -> bool:
    began = time.monotonic()
    display.begins(step.name)
    try:
        outcome = await step.action(lambda doing, share=None: display.goes_on(step.name, doing, share))
    except Exception:
        display.failed(step.name, time.monotonic() - began)
        raise
    display.done(step.name, outcome, time.monotonic() - began)
    return True
