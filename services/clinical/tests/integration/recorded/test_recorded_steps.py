"""Whatever step a process dies at, and whoever else is at the same EHR: what is kept comes out the same."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from clinical.domain.recorded import Content, Haste, Keeping
from clinical.service.following import Follower, Following
from clinical.service.recording import Recorder
from openward_contracts.identifiers import EhrId, VersionUid
from openward_servicekit.database import AWAY
from openward_testkit.postgres import PostgresServer

STEPS: Final = range(40)
ALL: Final = ("recorded_ehr", "recorded_version", "recorded_entry", "recorded_value")


class DeathError(Exception):
    """The process is gone."""


@dataclass
class Lifetime:
    """So many steps; then the process dies, right before the next one or right after it."""

    steps: int
    after: bool

    async def step(self, use: Callable[..., Any], *arguments: Any) -> Any:
        self.steps -= 1
        if self.steps < 0 and not self.after:
            raise DeathError
        answer = await use(*arguments)
        if self.steps < 0:
            raise DeathError
        return answer


class Mortal:
    """A port, each use of which is a step."""

    def __init__(self, port: Any, lifetime: Lifetime) -> None:
        self._port, self._lifetime = port, lifetime

    def __getattr__(self, name: str) -> Any:
        use = getattr(self._port, name)
        if name == "alone":
            return self._alone

        async def step(*arguments: Any) -> Any:
            return await self._lifetime.step(use, *arguments)

        return step

    @asynccontextmanager
    async def _alone(self, ehr_id: EhrId) -> AsyncIterator[Any]:
        async with self._port.alone(ehr_id) as keeping:
            yield Mortal(keeping, self._lifetime)


def mortal(recorder: Recorder, lifetime: Lifetime) -> Recorder:
    gatherer = replace(recorder.gatherer, contents=Mortal(recorder.gatherer.contents, lifetime))
    return Recorder(Mortal(recorder.lists, lifetime), Mortal(recorder.kept, lifetime), gatherer)


@dataclass
class Counted:
    """The Contents port; which versions were asked for, in their order, as often as they were."""

    contents: Any
    asked: list[VersionUid] = field(default_factory=list)
    haste: list[bool] = field(default_factory=list)

    async def latest(
        self, ehr_id: EhrId, uids: Sequence[VersionUid], haste: Haste
    ) -> Mapping[VersionUid, Content]:
        self.asked += uids
        self.haste.append(haste.awaited)
        found: Mapping[VersionUid, Content] = await self.contents.latest(ehr_id, uids, haste)
        return found

    async def one(self, ehr_id: EhrId, uid: VersionUid, haste: Haste) -> Content:
        self.asked.append(uid)
        content: Content = await self.contents.one(ehr_id, uid, haste)
        return content


def counted(recorder: Recorder) -> tuple[Recorder, Counted]:
    contents = Counted(recorder.gatherer.contents)
    return replace(recorder, gatherer=replace(recorder.gatherer, contents=contents), _rounds={}), contents


async def _some(archive: Any, shelf: Any) -> EhrId:
    """Half of it kept: new, corrected, deleted and erased compositions."""
    ehr_id: EhrId = await archive.ehr()
    first = [await archive.write(ehr_id, 100 + number) for number in range(4)]
    await shelf.recorder(archive.api).up_to_date([ehr_id])
    await archive.correct(ehr_id, first[0])
    await archive.delete(ehr_id, first[1])
    await archive.erase(ehr_id, first[2])
    await archive.write(ehr_id)
    return ehr_id


@pytest.mark.parametrize("after", [False, True], ids=["before a step", "after a step"])
async def test_a_process_that_dies_leaves_what_the_next_one_finishes(
    archive: Any, shelf: Any, *, after: bool
) -> None:
    ehr_id = await _some(archive, shelf)
    kept = [await shelf.own.fetch(f"select * from {table} where ehr_id = $1", ehr_id) for table in ALL]
    for steps in STEPS:
        await shelf.empty(ehr_id)
        for table, rows in zip(ALL, kept, strict=True):
            await shelf.own.copy_records_to_table(table, records=rows)
        try:
            await mortal(shelf.recorder(archive.api, page=1), Lifetime(steps, after)).up_to_date([ehr_id])
        except DeathError:
            await shelf.recorder(archive.api, page=2).up_to_date([ehr_id])
            now = await shelf.rows(ehr_id)
            assert now == await shelf.afresh(ehr_id, archive.api)
        else:
            assert steps > 10
            return
    raise AssertionError("it takes more steps")


async def test_what_came_and_went_while_nobody_finished_is_noticed(archive: Any, shelf: Any) -> None:
    """EHRbase has what it had, and its fingerprint is what it was; what is kept has more."""
    ehr_id = await archive.ehr()
    await archive.write(ehr_id)
    await shelf.recorder(archive.api).up_to_date([ehr_id])
    before = await shelf.rows(ehr_id)
    passing = await archive.write(ehr_id)
    with pytest.raises(DeathError):
        await mortal(shelf.recorder(archive.api), Lifetime(6, after=True)).up_to_date([ehr_id])
    assert await shelf.rows(ehr_id) != before
    await archive.erase(ehr_id, passing)
    await shelf.recorder(archive.api).up_to_date([ehr_id])

    assert await shelf.rows(ehr_id) == before


async def test_a_lost_session_changes_nothing_more(
    archive: Any, shelf: Any, postgres_server: PostgresServer
) -> None:
    ehr_id = await archive.ehr()
    for _ in range(3):
        await archive.write(ehr_id)
    recorder = shelf.recorder(archive.api, page=1)
    alone = recorder.kept.alone

    @asynccontextmanager
    async def cut(ehr_id: EhrId) -> AsyncIterator[Keeping]:
        async with alone(ehr_id) as keeping:
            pid = keeping._connection.get_server_pid()
            await postgres_server.execute(f"select pg_terminate_backend({pid})")
            yield keeping

    recorder.kept.alone = cut
    with pytest.raises(AWAY):
        await recorder.up_to_date([ehr_id])
    assert await shelf.versions(ehr_id) == []
    await shelf.recorder(archive.api).up_to_date([ehr_id])

    assert len(await shelf.versions(ehr_id)) == 3


async def test_many_readers_of_several_processes_have_each_version_fetched_once(
    archive: Any, shelf: Any
) -> None:
    ehr_id = await archive.ehr()
    uids = {await archive.write(ehr_id, 100 + number) for number in range(5)}
    here, asked_here = counted(shelf.recorder(archive.api, page=2))
    there, asked_there = counted(shelf.recorder(archive.api, page=2))
    await asyncio.gather(*(each.up_to_date([ehr_id]) for each in (here, there) * 8))

    assert sorted(asked_here.asked + asked_there.asked) == sorted(uids)
    assert len(await shelf.versions(ehr_id)) == 5


async def test_a_reader_hurries_what_nobody_waited_for(archive: Any, shelf: Any) -> None:
    ehr_id = await archive.ehr()
    recorder, asked = counted(shelf.recorder(archive.api, page=1))
    await recorder.up_to_date([ehr_id])
    for number in range(4):
        await archive.write(ehr_id, 100 + number)
    following = asyncio.create_task(recorder.follow(ehr_id))
    while not asked.haste:
        await asyncio.sleep(0.001)
    await recorder.up_to_date([ehr_id])
    await following

    assert (asked.haste[0], asked.haste[-1], len(asked.asked)) == (False, True, 4)


async def test_who_stops_waiting_does_not_stop_the_others(archive: Any, shelf: Any) -> None:
    ehr_id = await archive.ehr()
    await archive.write(ehr_id)
    recorder, asked = counted(shelf.recorder(archive.api))
    impatient = asyncio.create_task(recorder.up_to_date([ehr_id]))
    patient = asyncio.create_task(recorder.up_to_date([ehr_id]))
    while not asked.asked:
        await asyncio.sleep(0.001)
    impatient.cancel()
    await patient

    assert impatient.cancelled()
    assert len(asked.asked) == 1


async def test_of_whom_nobody_has_asked_nothing_is_gathered(archive: Any, shelf: Any) -> None:
    ehr_id = await archive.ehr()
    await archive.write(ehr_id)
    recorder, asked = counted(shelf.recorder(archive.api))

    await recorder.follow(ehr_id)
    assert (asked.asked, await shelf.versions(ehr_id)) == ([], [])
    await recorder.up_to_date([ehr_id])
    await archive.write(ehr_id)
    await recorder.follow(ehr_id)
    assert len(asked.asked) == len(await shelf.versions(ehr_id)) == 2


async def test_a_burst_in_one_ehr_makes_a_few_rounds(archive: Any, shelf: Any) -> None:
    ehr_id = await archive.ehr()
    recorder, asked = counted(shelf.recorder(archive.api))
    await recorder.up_to_date([ehr_id])
    follower = Follower(recorder, Following(soon=2.0))
    following = asyncio.create_task(follower.run())
    for number in range(30):
        await archive.write(ehr_id, 100 + number)
        follower.mark(ehr_id)
    while len(await shelf.versions(ehr_id)) < 30:
        await asyncio.sleep(0.05)
    following.cancel()

    assert len(asked.haste) < 10
    assert len(asked.asked) == len(set(asked.asked)) == 30


async def test_what_was_read_otherwise_is_replaced_and_never_missing(archive: Any, shelf: Any) -> None:
    ehr_id = await archive.ehr()
    first = [await archive.write(ehr_id, 100 + number) for number in range(6)]
    await archive.correct(ehr_id, await archive.correct(ehr_id, first[0]))
    await shelf.recorder(archive.api).up_to_date([ehr_id])
    rows = await shelf.rows(ehr_id)
    await shelf.own.execute("update recorded_entry set words = 'otherwise' where ehr_id = $1", ehr_id)
    former = (
        "update recorded_ehr set fingerprint = regexp_replace(fingerprint, '^.*:', '1:') where ehr_id = $1"
    )
    await shelf.own.execute(former, ehr_id)
    recorder, asked = counted(shelf.recorder(archive.api, page=1))
    reading = asyncio.create_task(recorder.up_to_date([ehr_id]))
    seen = set()
    while not reading.done():
        seen.add(sum(row[3] for row in await shelf.versions(ehr_id)))
    await reading

    assert (seen, len(asked.asked)) == ({6}, 8)
    assert await shelf.rows(ehr_id) == rows
