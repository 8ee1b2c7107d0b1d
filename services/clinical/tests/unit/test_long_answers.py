"""What takes long to read, convert or write is done in a thread: meanwhile others are answered."""

import json
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import get_ident
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import clinical
import pytest
from clinical.adapters.postgres_measured import PostgresMeasured
from clinical.adapters.postgres_snapshot import PostgresSnapshot
from clinical.adapters.postgres_timeline import PostgresTimeline
from clinical.api.latest import read_latest
from clinical.api.latest_schemas import LatestAsked
from clinical.api.series import read_series
from clinical.domain.conversion import Conversion
from clinical.domain.latest import Latest, LatestOfPatient
from clinical.domain.measurements import Measurements, Node
from clinical.domain.record import LinkedEhr, PatientRecord
from clinical.domain.series import Asked, Found, Part, Series, Wanted
from clinical.domain.snapshot_mapping import SnapshotMapping
from clinical.domain.span import Span
from clinical.domain.step import Step
from clinical.domain.timeline import Reach, Sought
from clinical.service.series import SeriesService
from clinical.service.snapshot import SnapshotService
from openward_contracts.identifiers import EhrId, PatientId
from openward_openehr.recorded.model import Entry, Value

SHIPPED = Path(clinical.__path__[0])
NAMED = Measurements.read((SHIPPED / "measurements.toml").read_text(encoding="utf-8"))
SNAPSHOT = SnapshotMapping.read((SHIPPED / "snapshot.toml").read_text(encoding="utf-8"), NAMED)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
NODE = "openEHR-EHR-OBSERVATION.pulse.v2/data[at0002]/items[at0004]/value"
EHR = EhrId.new()
WANTED = Wanted([EHR], [None], [Node(NODE)], Span(), None)
STEP = Step.read("PT1H", "step")
PATIENT = PatientId.new()
LINKED = LinkedEhr(PATIENT, EHR, ready=True)
RECORD = PatientRecord(PATIENT, (LINKED,), LINKED)


class Row(dict[str, Any]):
    """Of the database; it knows the threads in which it was read."""

    def __init__(self, threads: set[int], **columns: Any) -> None:
        super().__init__(columns)
        self._threads = threads

    def __getitem__(self, name: str) -> Any:
        self._threads.add(get_ident())
        return super().__getitem__(name) if name in self else None


class Pool:
    """Answers every statement by the same rows; a connection and a statement as well."""

    def __init__(self, count: int) -> None:
        self.threads: set[int] = set()
        columns = {"object_id": uuid4(), "version": 1, "ehr_id": EHR, "at": NOW, "committed_at": NOW}
        columns |= {"values": json.dumps([]), "sections": [], "number": 1}
        self.rows = [Row(self.threads, **columns) for _ in range(count)]

    async def fetch(self, *_: Any) -> list[Row]:
        return self.rows

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        yield self

    async def prepare(self, *_: Any, **__: Any) -> Any:
        return self


READS: dict[str, Callable[[Any], Any]] = {
    "points": lambda pool: PostgresMeasured(pool).points(WANTED, 10_000),
    "steps": lambda pool: PostgresMeasured(pool).parts(WANTED, STEP, 10_000),
    "latest": lambda pool: PostgresMeasured(pool).newest({EHR: [None]}, [Node(NODE)], None, None),
    "snapshot": lambda pool: PostgresSnapshot(pool).of_archetypes([EHR], [None], ["a"], None, 501),
    "timeline": lambda pool: PostgresTimeline(pool, "x").page(Reach([EHR], [], [None]), Sought(), None, 501),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
async def test_many_rows_are_read_in_a_thread_and_few_are_not(read: Callable[[Any], Any]) -> None:
    many, few = Pool(501), Pool(50)

    assert (len(await read(many)), len(await read(few))) == (501, 50)

    assert get_ident() not in many.threads
    assert few.threads == {get_ident()}


class Watched(Conversion):
    """Knows the threads in which it is done."""

    threads: set[int]

    def __call__(self, magnitude: float) -> float:
        self.threads.add(get_ident())
        return magnitude * 2


class Recorded:
    """The ports of what is recorded: so much of everything."""

    def __init__(self, count: int) -> None:
        self.threads: set[int] = set()
        self._count = count

    async def held(self, *_: Any) -> list[Any]:
        return []

    async def points(self, _: Wanted, limit: int) -> list[Found]:
        value = Value("/value", "/value", ("Pulse",), "DV_QUANTITY", "70", magnitude=70.0, units="/min")
        entry = Entry(0, "OBSERVATION", "a", "Pulse", "/content[a]", (value,))
        return [Found(uuid4(), 1, EHR, None, NOW, NOW, entry) for _ in range(min(limit, self._count))]

    async def parts(self, *_: Any) -> list[Part]:
        starts = [NOW + timedelta(hours=hour) for hour in range(self._count)]
        return [Part(at, "/min", 1, 70.0, 70.0, 70.0, at, 70.0, at, 70.0) for at in starts]

    async def newest(self, *_: Any) -> list[Any]:
        return []

    async def of_archetypes(self, *_: Any) -> list[Any]:
        return [SimpleNamespace(entry=Seen(self.threads)) for _ in range(self._count)]


@dataclass
class Seen:
    """An entry of which nothing is shown; it knows the threads in which it was looked at."""

    threads: set[int]
    values: tuple[Value, ...] = ()

    @property
    def archetype_id(self) -> str:
        self.threads.add(get_ident())
        return "another"


class Around:
    """What else services ask for: everything is allowed, up to date and on record."""

    patient_id = None

    async def up_to_date(self, *_: Any) -> None: ...

    async def seen(self, *_: Any) -> None: ...

    def actor(self) -> None: ...

    def permitted(self, _: Any, __: Any, names: Collection[str], **___: Any) -> Collection[str]:
        return names


class Units:
    def __init__(self, threads: set[int]) -> None:
        self._conversion = Watched()
        object.__setattr__(self._conversion, "threads", threads)

    async def conversion(self, *_: Any) -> Conversion:
        return self._conversion


async def converted(count: int, step: Step | None) -> tuple[Series, set[int]]:
    recorded, around = Recorded(count), cast("Any", Around())
    units = cast("Any", Units(recorded.threads))
    service = SeriesService(
        around, cast("Any", recorded), NAMED, units, around, around, around, "x", most=10_000
    )
    series = await service.of(around, RECORD, Asked(NAMED.by_alias["pulse"], step=step))
    return series, recorded.threads


@pytest.mark.parametrize("step", [None, STEP])
async def test_many_values_are_converted_in_a_thread_and_few_are_not(step: Step | None) -> None:
    many, threads = await converted(501, step)
    assert len(many.points or many.parts) == 501
    assert get_ident() not in threads

    _, threads = await converted(500, step)
    assert threads == {get_ident()}


async def test_many_entries_are_looked_through_in_a_thread_and_few_are_not() -> None:
    async def looked_through(count: int) -> set[int]:
        recorded, around = cast("Any", Recorded(count)), cast("Any", Around())
        service = SnapshotService(around, recorded, recorded, SNAPSHOT, NAMED, around, around, around)
        await service.of(around, RECORD, None, inactive=False)
        threads: set[int] = recorded.threads
        return threads

    assert get_ident() not in await looked_through(101)
    assert await looked_through(100) == {get_ident()}


class Told(Part):
    """Knows the threads in which it was told."""

    threads: set[int] = set()  # noqa: RUF012  not one of a step, but of all of them

    @property
    def mean(self) -> float:
        self.threads.add(get_ident())
        return 70.0


async def test_many_steps_are_told_in_a_thread() -> None:
    parts = [Told(NOW, "/min", 1, 70.0, 70.0, 70.0, NOW, 70.0, NOW, 70.0)] * 2001

    class Finding:
        system_id = "x"

        async def of(self, *_: Any) -> Series:
            return Series("/min", parts=parts)

        async def label(self, *_: Any) -> str:
            return "Pulse"

    services = cast("Any", SimpleNamespace(series=Finding()))
    asked = Asked(NAMED.by_alias["pulse"], step=STEP)
    answer = await read_series(cast("Any", None), RECORD, asked, [], services)
    assert len(json.loads(bytes(answer.body))["steps"]) == 2001
    assert Told.threads
    assert get_ident() not in Told.threads


class Shown(dict[str, Latest]):
    """Values of a patient; it knows the threads in which they were told."""

    threads: set[int] = set()  # noqa: RUF012  not of one patient, but of all of them

    def items(self) -> Any:
        self.threads.add(get_ident())
        return super().items()


async def test_latest_values_of_many_are_told_in_a_thread_and_of_few_are_not() -> None:
    value = Value("/value", "/value", ("Pulse",), "DV_QUANTITY", "70", magnitude=70.0, units="/min")
    found = Found(uuid4(), 1, EHR, None, NOW, NOW, Entry(0, "OBSERVATION", "a", "Pulse", "/a", (value,)))
    values = Shown(pulse=Latest(found, 70.0, "/min", None))

    class Finding:
        system_id, measurements = "openward.local", NAMED

        @property
        def labelling(self) -> "Finding":
            return self

        async def of(self, _: Any, patients: Sequence[PatientId] = (), __: Any = None) -> Any:
            return [LatestOfPatient(each, known=True, values=values) for each in patients] or {}

    async def threads(count: int) -> set[int]:
        Shown.threads.clear()
        services = cast("Any", SimpleNamespace(series=Finding(), latest=Finding()))
        patients = [PatientId.new() for _ in range(count)]
        asked = LatestAsked.model_construct(patients=patients, measurements=["pulse"])
        answer = await read_latest(cast("Any", None), asked, [], services)
        assert len(json.loads(bytes(answer.body))["patients"]) == count
        return set(Shown.threads)

    assert get_ident() not in await threads(201)
    assert await threads(200) == {get_ident()}
