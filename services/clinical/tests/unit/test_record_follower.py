"""Commits are followed soon, each EHR once, and again when EHRbase was away."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import Any, cast

from clinical.domain.live import Notice
from clinical.domain.permissions import READ
from clinical.service.following import Follower, Following
from clinical.service.live import Live
from clinical.service.recording import Recorder
from openward_contracts.identifiers import EhrId
from openward_servicekit.errors import Unavailable

QUICK = Following(soon=0.01, pause=0.01)


class MemoryRecorder:
    """Fails so often first."""

    def __init__(self, *failures: Exception) -> None:
        self.followed: Counter[EhrId] = Counter()
        self._failures = list(failures)

    async def has_followed(self, *ehr_ids: EhrId) -> None:
        async with asyncio.timeout(10):
            while self.followed.keys() != set(ehr_ids):
                await asyncio.sleep(0.01)

    async def follow(self, ehr_id: EhrId) -> None:
        if self._failures:
            raise self._failures.pop()
        self.followed[ehr_id] += 1


class Told:
    """Tells of a composition in this EHR, of an encounter in another, and of one that was put there."""

    def __init__(self, ehr_id: EhrId) -> None:
        self._ehr_id = ehr_id

    async def after(self, _position: int | None, _pause: float) -> Any:
        yield 1, ()
        yield 3, [self._notice("composition.created", self._ehr_id), self._notice("encounter.opened")]
        yield 4, [self._notice("composition.placed")]

    def _notice(self, kind: str, ehr_id: EhrId | None = None) -> Notice:
        return Notice(1, f"clinical.{kind}.v1", READ, ehr_id or EhrId.new(), None, None, "")


@asynccontextmanager
async def following(recorder: MemoryRecorder) -> Any:
    follower = Follower(cast("Recorder", recorder), QUICK)
    task = asyncio.create_task(follower.run())
    yield follower
    task.cancel()


async def test_many_commits_in_an_ehr_are_followed_once() -> None:
    recorder, ehr_id, other = MemoryRecorder(), EhrId.new(), EhrId.new()
    async with following(recorder) as follower:
        for _ in range(100):
            follower.mark(ehr_id)
        follower.mark(other)
        await recorder.has_followed(ehr_id, other)
    assert recorder.followed == {ehr_id: 1, other: 1}


async def test_commits_are_heard_of_from_what_is_told_live() -> None:
    recorder, ehr_id = MemoryRecorder(), EhrId.new()
    follower = Follower(cast("Recorder", recorder), QUICK)
    await follower.listen(cast("Live", Told(ehr_id)))
    running = asyncio.create_task(follower.run())
    await recorder.has_followed(ehr_id)
    running.cancel()
    assert recorder.followed == {ehr_id: 1}


async def test_while_ehrbase_is_away_it_is_tried_again() -> None:
    recorder, ehr_id = MemoryRecorder(Unavailable("away"), Unavailable("away")), EhrId.new()
    async with following(recorder) as follower:
        follower.mark(ehr_id)
        await recorder.has_followed(ehr_id)
    assert recorder.followed == {ehr_id: 1}


async def test_an_ehr_that_cannot_be_followed_does_not_hold_up_others() -> None:
    recorder, odd, ehr_id = MemoryRecorder(ValueError("odd")), EhrId.new(), EhrId.new()
    async with following(recorder) as follower:
        follower.mark(odd)
        follower.mark(ehr_id)
        await recorder.has_followed(ehr_id)
    assert recorder.followed == {ehr_id: 1}
