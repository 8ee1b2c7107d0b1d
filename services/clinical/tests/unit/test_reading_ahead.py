"""A version that is not known is on its way while it is found out whether it may be shown."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, cast
from uuid import uuid4

import pytest
from clinical.domain.composition import Format, Head
from clinical.domain.errors import CompositionNotFound, EhrNotFound
from clinical.domain.ports import Document
from clinical.domain.record import LinkedEhr, PatientRecord
from clinical.domain.upstream import Answer, Call
from clinical.service.version_cache import LARGEST, VersionCache
from clinical.service.versions import Shown, VersionReader
from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from openward_servicekit.auth import Principal
from openward_servicekit.errors import Failure, Unavailable

EHR: Final = LinkedEhr(None, EhrId.new(), ready=True)
SYSTEM: Final = "openward.local"
UID: Final = VersionUid.of(uuid4(), SYSTEM, 1)
ADA: Final = Principal("ada", "web")


@dataclass
class Steps:
    """Every port of the reader; `wrong` is what a step does instead. `done` tells the order."""

    content: bytes = b"{}"
    wrong: dict[str, BaseException] = field(default_factory=dict)
    let: asyncio.Event = field(default_factory=asyncio.Event)
    ehr_id: EhrId = EHR.ehr_id
    done: list[str] = field(default_factory=list)
    opened: int = 0
    closed: int = 0

    async def open(self, _call: Call) -> Answer:
        self.opened += 1
        self._did("asked EHRbase")
        return Answer(200, {"content-type": "application/json"}, self._chunks(), self._close)

    async def by_id(self, _principal: Principal, _ehr_id: EhrId) -> PatientRecord:
        await self.let.wait()
        self._did("found the record")
        return PatientRecord(None, (EHR,), EHR)

    def head(self, *_: object) -> Awaitable[Head]:
        found = asyncio.get_running_loop().create_future()
        found.set_result(Head(self.ehr_id, TemplateId("vitals"), 1, deleted=False, made_by=uuid4()))
        return found

    async def authorize(self, *_: object, **__: object) -> None:
        self._did("decided")

    async def read(self, *_: object) -> None:
        self._did("recorded")

    def _did(self, step: str) -> None:
        self.done.append(step)
        if step in self.wrong:
            raise self.wrong[step]

    async def _chunks(self) -> AsyncIterator[bytes]:
        yield self.content

    async def _close(self) -> None:
        self.closed = self.opened


def reader_of(steps: Steps, cache: VersionCache) -> VersionReader:
    port = cast("Any", steps)
    return VersionReader(port, port, port, port, port, cache, SYSTEM)


Reading = Callable[[Steps], Awaitable[Shown]]


@pytest.fixture
def cache() -> VersionCache:
    return VersionCache(10 * LARGEST)


@pytest.fixture
def reading(cache: VersionCache) -> Reading:
    async def read(steps: Steps) -> Shown:
        reader = reader_of(steps, cache)
        task = asyncio.create_task(reader.read_of_ehr(ADA, EHR.ehr_id, UID, Format.CANONICAL))
        for _ in range(5):
            await asyncio.sleep(0)
        steps.let.set()
        return await task

    return read


async def test_it_is_asked_for_before_the_record_is_known_and_shown_after_it_is_on_record(
    reading: Reading,
) -> None:
    steps = Steps()
    shown = await reading(steps)

    assert shown.document == Document(b"{}", "application/json")
    assert steps.done == ["asked EHRbase", "found the record", "decided", "recorded"]


@pytest.mark.parametrize("content", [b"{}", b" " * (LARGEST + 1)], ids=["small", "large"])
@pytest.mark.parametrize(
    ("step", "refusal"),
    [
        ("found the record", EhrNotFound()),
        ("decided", CompositionNotFound()),
        ("recorded", Unavailable("the database is away")),
    ],
)
async def test_what_may_not_be_shown_is_dropped(
    reading: Reading, cache: VersionCache, step: str, refusal: Exception, content: bytes
) -> None:
    steps = Steps(content, {step: refusal})

    with pytest.raises(type(refusal)):
        await reading(steps)

    assert (steps.opened, steps.closed) == (1, 1)
    assert (UID, Format.CANONICAL) not in cache


async def test_a_refusal_is_told_whatever_has_become_of_the_question(reading: Reading) -> None:
    failing = Unavailable("EHRbase is away")

    with pytest.raises(CompositionNotFound):
        await reading(Steps(wrong={"asked EHRbase": failing}, ehr_id=EhrId.new()))
    with pytest.raises(Failure) as told:
        await reading(Steps(wrong={"asked EHRbase": failing}))

    assert told.value is failing


async def test_who_goes_away_leaves_no_answer_open(reading: Reading) -> None:
    steps = Steps(b" " * (LARGEST + 1), {"found the record": asyncio.CancelledError()})

    with pytest.raises(asyncio.CancelledError):
        await reading(steps)

    assert (steps.opened, steps.closed) == (1, 1)


async def test_a_version_of_another_system_is_not_asked_for(cache: VersionCache) -> None:
    steps = Steps()
    steps.let.set()
    elsewhere = VersionUid.of(uuid4(), "elsewhere", 1)

    with pytest.raises(CompositionNotFound):
        await reader_of(steps, cache).read_of_ehr(ADA, EHR.ehr_id, elsewhere, Format.CANONICAL)

    assert steps.opened == 0
