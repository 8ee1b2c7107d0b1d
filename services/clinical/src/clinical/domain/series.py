"""The values of one measurement over time, in one unit."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from openward_openehr.recorded.model import Entry, Value
from openward_servicekit.errors import FieldError, Invalid

from clinical.domain.conversion import Conversion
from clinical.domain.measurements import Measurement, Node
from clinical.domain.span import Span
from clinical.domain.step import Step


class SeriesTooLong(Invalid):
    """`step`: one that makes it short enough."""

    slug = "series-too-long"

    def __init__(self, most: int, step: str) -> None:
        problem = FieldError(self.slug, "A longer step, or a shorter period, is needed.", path="step")
        super().__init__(
            f"The series has more than {most} points: ask for one point per step.",
            errors=(problem,),
            extensions={"limit": most, "step": step},
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """`unit`: in which the caller wants it."""

    measurement: Measurement
    unit: str | None = None
    span: Span = field(default_factory=Span)
    as_of: datetime | None = None
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for where; `templates`: those that may be read, None for what has none."""

    ehr_ids: Collection[EhrId]
    templates: Collection[TemplateId | None]
    nodes: Sequence[Node]
    span: Span
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """A value where it was found; `entry` has no values but this."""

    object_id: UUID
    version: int
    ehr_id: EhrId
    template_id: TemplateId | None
    at: datetime
    committed_at: datetime
    entry: Entry

    @property
    def value(self) -> Value:
        return self.entry.values[0]

    def version_uid(self, system_id: str) -> VersionUid:
        return VersionUid.of(self.object_id, system_id, self.version)

    @property
    def path(self) -> str:
        """From the composition."""
        return self.entry.path + self.value.path


@dataclass(frozen=True, slots=True)
class Part:
    """What was found in one unit within one step; `bounded`: so many say `<` or the like."""

    start: datetime
    unit: str | None
    count: int
    total: float
    low: float
    high: float
    first_at: datetime
    first: float
    last_at: datetime
    last: float
    bounded: int = 0

    def converted(self, conversion: Conversion) -> "Part":
        return Part(
            self.start,
            self.unit,
            self.count,
            conversion.sum(self.total, self.count),
            conversion(self.low),
            conversion(self.high),
            self.first_at,
            conversion(self.first),
            self.last_at,
            conversion(self.last),
            self.bounded,
        )

    def joined(self, other: "Part") -> "Part":
        """Both of one step, and in one unit."""
        first = min(self, other, key=lambda part: part.first_at)
        last = max(self, other, key=lambda part: part.last_at)
        return Part(
            self.start,
            self.unit,
            self.count + other.count,
            self.total + other.total,
            min(self.low, other.low),
            max(self.high, other.high),
            first.first_at,
            first.first,
            last.last_at,
            last.last,
            self.bounded + other.bounded,
        )

    @property
    def mean(self) -> float:
        """Never outside of what it is the mean of, whatever was rounded."""
        return min(max(float(f"{self.total / self.count:.12g}"), self.low), self.high)


@dataclass(frozen=True, slots=True)
class Held:
    """Compositions of one template in an EHR; `unreadable`: so many of them could not be read."""

    ehr_id: EhrId
    template_id: TemplateId | None
    unreadable: int


@dataclass(frozen=True, slots=True)
class Point:
    """`magnitude` in the unit of the series; None where that cannot be: then what was found tells it."""

    found: Found
    magnitude: float | None
    range: tuple[float | None, float | None] | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """`points` or, if there was a step, `parts` in `unit`, the oldest first.

    `others`: points that cannot be converted to it, or with a step how many there are of each other unit.
    `named_by`: the newest of the points, for what it is called. `unreadable`: compositions
    that may hold more.
    """

    unit: str | None
    points: Sequence[Point] = ()
    parts: Sequence[Part] = ()
    others: Sequence[Point] = ()
    other_units: Mapping[str | None, int] = field(default_factory=dict)
    named_by: Found | None = None
    unreadable: int = 0


def joined(parts: Iterable[Part]) -> list[Part]:
    """One for each step, in order; all in one unit."""
    by_start: dict[datetime, Part] = {}
    for part in parts:
        known = by_start.get(part.start)
        by_start[part.start] = known.joined(part) if known else part
    return [by_start[start] for start in sorted(by_start)]


class Measured(Protocol):
    """What is recorded, as far as the projection was brought; never of another subject than the patient."""

    async def held(self, ehr_ids: Collection[EhrId], as_of: datetime | None) -> Sequence[Held]: ...

    async def points(self, wanted: Wanted, limit: int) -> Sequence[Found]:
        """The newest so many, the oldest of them first; those that have a magnitude."""

    async def parts(self, wanted: Wanted, step: Step, limit: int) -> Sequence[Part]:
        """The first so many in order of time."""

    async def extent(self, wanted: Wanted) -> tuple[datetime, datetime] | None:
        """From the first to the last."""
