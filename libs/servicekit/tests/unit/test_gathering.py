"""Questions that come together are asked together, and none is answered by what was known before it."""

import asyncio
from collections.abc import Sequence

import pytest
from openward_servicekit.gathering import MOST, Gathering


class Oracle:
    """Answers with the round; `opened` lets a round go on."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.opened = asyncio.Event()
        self.opened.set()

    async def ask(self, questions: Sequence[int]) -> list[tuple[int, int]]:
        self.rounds.append(list(questions))
        this = len(self.rounds)
        await self.opened.wait()
        if 13 in questions:
            raise ValueError("thirteen")
        return [(this, question) for question in questions]


async def test_who_comes_while_others_are_asked_for_is_in_the_next_round() -> None:
    oracle = Oracle()
    gathering = Gathering(oracle.ask)
    oracle.opened.clear()
    first = gathering(1)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = [gathering(number) for number in (2, 3, 2)]
    await asyncio.sleep(0)
    oracle.opened.set()
    assert await first == (1, 1)
    assert [await each for each in later] == [(2, 2), (2, 3), (2, 2)]
    assert oracle.rounds == [[1], [2, 3, 2]]


async def test_while_several_ask_a_round_waits_a_moment_for_company() -> None:
    oracle = Oracle()
    gathering = Gathering(oracle.ask)
    await asyncio.gather(gathering(1), gathering(2))
    first = gathering(3)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [*await asyncio.gather(first, gathering(4))] == [(2, 3), (2, 4)]
    await gathering(5)
    alone = gathering(6)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = gathering(7)
    assert [await alone, await later] == [(4, 6), (5, 7)]


async def test_a_round_has_no_more_questions_than_it_may() -> None:
    oracle = Oracle()
    gathering = Gathering(oracle.ask)
    numbers = range(100, 100 + 2 * MOST + 1)
    answers = await asyncio.gather(*(gathering(number) for number in numbers))
    assert [question for _, question in answers] == list(numbers)
    assert [len(each) for each in oracle.rounds] == [MOST, MOST, 1]


async def test_what_a_round_raises_is_raised_to_all_of_it_and_to_nobody_else() -> None:
    gathering = Gathering(Oracle().ask)
    together = await asyncio.gather(gathering(13), gathering(5), return_exceptions=True)
    assert [type(each) for each in together] == [ValueError, ValueError]
    assert await gathering(5) == (2, 5)


async def test_who_goes_away_takes_no_answer_from_others() -> None:
    oracle = Oracle()
    gathering = Gathering(oracle.ask)
    oracle.opened.clear()
    gone, stays = gathering(7), gathering(7)
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    oracle.opened.set()
    assert await stays == (1, 7)
