import asyncio

import pytest
from templates.service.keeping import Kept


def kept(room: int = 100) -> Kept[str, bytes]:
    return Kept(room, len)


class Maker:
    """Makes `value`, when it may."""

    def __init__(self, value: bytes = b"made") -> None:
        self.value = value
        self.times = 0
        self.may = asyncio.Event()
        self.may.set()

    async def __call__(self) -> bytes:
        self.times += 1
        await self.may.wait()
        if not self.value:
            raise ValueError("nothing to make")
        return self.value


async def test_what_was_made_is_not_made_again() -> None:
    values, make = kept(), Maker()

    assert [await values.get("a", make) for _ in range(3)] == [b"made"] * 3
    assert make.times == 1


async def test_who_asks_while_it_is_made_gets_the_same() -> None:
    values, make = kept(), Maker()
    make.may.clear()
    asking = [asyncio.create_task(values.get("a", make)) for _ in range(5)]
    await asyncio.sleep(0)
    make.may.set()

    assert await asyncio.gather(*asking) == [b"made"] * 5
    assert make.times == 1


async def test_who_goes_away_does_not_take_it_from_the_others() -> None:
    values, make = kept(), Maker()
    make.may.clear()
    first, second = (asyncio.create_task(values.get("a", make)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    make.may.set()

    assert await second == b"made"
    assert make.times == 1


async def test_a_failure_is_everybodys_and_not_kept() -> None:
    values, make = kept(), Maker(b"")
    asked = await asyncio.gather(*(values.get("a", make) for _ in range(2)), return_exceptions=True)
    make.value = b"better"

    assert [type(each) for each in asked] == [ValueError, ValueError]
    assert await values.get("a", make) == b"better"


async def test_what_was_not_asked_for_longest_makes_room() -> None:
    values = kept(room=20)
    for key in "abc":
        await values.get(key, Maker(b"12345678"))
        values.held("a")

    assert [key for key in "abc" if values.held(key)] == ["a", "c"]


async def test_what_is_larger_than_the_room_is_made_and_not_kept() -> None:
    values = kept(room=3)

    assert await values.get("a", Maker()) == b"made"
    assert values.held("a") is None


async def test_what_fails_when_nobody_waits_any_more_can_be_asked_for_again() -> None:
    values, make = kept(), Maker(b"")
    make.may.clear()
    asking = asyncio.create_task(values.get("a", make))
    await asyncio.sleep(0)
    asking.cancel()
    make.may.set()
    await asyncio.sleep(0.01)

    with pytest.raises(ValueError, match="nothing to make"):
        await values.get("a", make)
