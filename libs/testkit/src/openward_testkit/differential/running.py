"""All scenarios on both sides: each in its order, several at a time."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from openward_testkit.differential.asking import Scenario
from openward_testkit.differential.comparison import Exchange
from openward_testkit.differential.sides import Memory, NameUnknownError, Side

_AT_A_TIME = 8


@dataclass(frozen=True)
class Unasked:
    """What could not be asked, as an earlier answer did not say what it needs."""

    scenario: str
    ask: str
    why: str


async def run(
    scenarios: Iterable[Scenario], theirs: Side, ours: Side, *, known: tuple[Memory, Memory]
) -> tuple[list[Exchange], list[Unasked]]:
    """`known`: what each side knows from the start."""
    places = asyncio.Semaphore(_AT_A_TIME)

    async def one(scenario: Scenario) -> tuple[list[Exchange], list[Unasked]]:
        async with places:
            return await _run(scenario, theirs, ours, [{**each, **scenario.values} for each in known])

    results = await asyncio.gather(*(one(scenario) for scenario in scenarios))
    exchanges = [exchange for found, _ in results for exchange in found]
    return exchanges, [unasked for _, missed in results for unasked in missed]


async def _run(
    scenario: Scenario, theirs: Side, ours: Side, memories: list[Memory]
) -> tuple[list[Exchange], list[Unasked]]:
    exchanges, missed = [], []
    of_theirs, of_ours = memories
    for ask in scenario.asks:
        try:
            theirs_is, ours_is = await asyncio.gather(
                theirs.send(ask, ask.direct_path, dict(of_ours) if ask.same else of_theirs),
                ours.send(ask, ask.path, of_ours),
            )
        except NameUnknownError as reason:
            missed.append(Unasked(scenario.name, str(ask), str(reason)))
        else:
            exchanges.append(Exchange(scenario.name, ask, theirs_is, ours_is))
    return exchanges, missed
