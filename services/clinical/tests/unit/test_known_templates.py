"""Templates are compiled once, looked at again, and never used for long after they have changed."""

import asyncio

import pytest
from clinical.service.known_templates import KnownTemplates
from openward_cli.demo import vital_signs
from openward_contracts.identifiers import TemplateId
from openward_servicekit.errors import Unavailable

VITALS = TemplateId(vital_signs.TEMPLATE_ID)
OTHER = TemplateId("other")
OPT = vital_signs.opt()
RENAMED = OPT.replace(b"Vital signs", b"Vital parameters")


class Held:
    """EHRbase: `documents` by id; waits while `may` is not set, and is away while `away`."""

    def __init__(self) -> None:
        self.documents: dict[TemplateId, bytes] = {VITALS: OPT}
        self.asked = 0
        self.away = False
        self.may = asyncio.Event()
        self.may.set()

    async def source(self, template_id: TemplateId) -> bytes | None:
        self.asked += 1
        found = self.documents.get(template_id)
        await self.may.wait()
        if self.away:
            raise Unavailable
        return found


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def templates(held: Held, clock: Clock) -> KnownTemplates:
    return KnownTemplates(held, clock=clock)


async def name(templates: KnownTemplates) -> str:
    known = await templates.get(VITALS)
    assert known is not None
    return known.web_template.tree.name


async def test_a_template_is_compiled_once_however_many_ask(held: Held, templates: KnownTemplates) -> None:
    found = await asyncio.gather(*(templates.get(VITALS) for _ in range(5)))

    assert found[0] is not None
    assert all(each is found[0] for each in found)
    assert await templates.get(VITALS) is found[0]
    assert held.asked == 1


async def test_it_knows_paths_and_the_structures_between(templates: KnownTemplates) -> None:
    known = await templates.get(VITALS)

    assert known is not None
    assert known.web_template.template_id == VITALS
    assert known.validator.is_full


async def test_what_ehrbase_does_not_hold_is_none_until_it_does(
    held: Held, templates: KnownTemplates
) -> None:
    del held.documents[VITALS]
    assert await templates.get(VITALS) is None

    held.documents[VITALS] = OPT
    assert await templates.get(VITALS) is not None


async def test_what_cannot_be_read_is_none_and_read_once(held: Held, templates: KnownTemplates) -> None:
    held.documents[OTHER] = b"<template>"

    assert [await templates.get(OTHER) for _ in range(3)] == [None] * 3
    assert held.asked == 1


async def test_a_change_that_is_told_counts_at_once(held: Held, templates: KnownTemplates) -> None:
    before = await name(templates)
    held.documents[VITALS] = RENAMED
    assert await name(templates) == before

    templates.changed(VITALS)

    assert await name(templates) != before


async def test_what_was_asked_for_before_a_change_is_not_kept(held: Held, templates: KnownTemplates) -> None:
    held.may.clear()
    early = asyncio.create_task(name(templates))
    while not held.asked:
        await asyncio.sleep(0)
    held.documents[VITALS] = RENAMED
    templates.changed(VITALS)
    held.may.set()

    assert await name(templates) != await early
    assert await name(templates) != await early


@pytest.mark.parametrize("seconds", [10, 30, 50, 3600])
async def test_a_change_behind_our_back_is_seen_within_a_minute(
    held: Held, templates: KnownTemplates, clock: Clock, seconds: float
) -> None:
    before = await name(templates)
    held.documents[VITALS] = RENAMED
    clock.now += seconds
    await name(templates)
    clock.now += max(0.0, 60 - seconds)

    assert await name(templates) != before


async def test_an_unchanged_document_is_not_compiled_again(templates: KnownTemplates, clock: Clock) -> None:
    first = await templates.get(VITALS)
    clock.now += 3600

    assert await templates.get(VITALS) is first


async def test_what_is_held_stays_in_use_while_ehrbase_is_away(
    held: Held, templates: KnownTemplates, clock: Clock
) -> None:
    before = await name(templates)
    held.away = True
    clock.now += 3600

    assert await name(templates) == before
    asked = held.asked
    assert await name(templates) == before
    assert held.asked == asked

    held.away, held.documents[VITALS] = False, RENAMED
    clock.now += 60
    assert await name(templates) != before


async def test_what_is_not_held_is_as_unavailable_as_ehrbase(held: Held, templates: KnownTemplates) -> None:
    held.away = True

    with pytest.raises(Unavailable):
        await templates.get(VITALS)


async def test_who_goes_away_takes_it_from_nobody(held: Held, templates: KnownTemplates) -> None:
    held.may.clear()
    gone, stays = (asyncio.create_task(templates.get(VITALS)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    held.may.set()

    assert await stays is not None
    assert held.asked == 1


async def test_what_was_not_used_longest_goes_first(held: Held, clock: Clock) -> None:
    held.documents[OTHER] = OPT.replace(VITALS.encode(), OTHER.encode())
    templates = KnownTemplates(held, room=len(OPT) + 10, clock=clock)

    first = await templates.get(VITALS)
    await templates.get(OTHER)

    assert await templates.get(VITALS) is not first
