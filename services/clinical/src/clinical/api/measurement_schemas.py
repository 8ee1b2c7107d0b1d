"""What goes over the wire about measurements. Dataclasses: written as they are, and validated by nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from openward_contracts.identifiers import VersionUid
from pydantic import BaseModel, Field, TypeAdapter

from clinical.api.timeline_schemas import NormalRange
from clinical.domain.normality import Mark, mark
from clinical.domain.series import Found, Part, Point


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPoint:
    """A value at a time."""

    at: datetime
    magnitude: float
    unit: Annotated[
        str | None, Field(description="as recorded, where that is not the unit of the series")
    ] = None
    comparator: Annotated[
        str | None, Field(description="`<`, `<=`, `>`, `>=`, `~`: it is not exactly that")
    ] = None
    normal_range: NormalRange | None = None
    mark: Annotated[Mark | None, Field(description="beside its normal range, else by its normal status")] = (
        None
    )
    version_uid: VersionUid
    path: Annotated[str, Field(description="from the composition, to this one alone")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesStep:
    """What was measured from `start` on for one step."""

    start: datetime
    count: int
    min: float
    max: float
    mean: float
    first: float
    last: float
    bounded: Annotated[
        int | None,
        Field(description="so many of them have a `comparator`: the numbers above take them for exact"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherUnit:
    """Points that are in no step, as their unit cannot be converted."""

    unit: str | None = None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementSeries:
    """One measurement over time, the oldest first: `points`, or with a step `steps`, all in `unit`."""

    measurement: Annotated[str | None, Field(description="its name here, if it has one")] = None
    label: Annotated[str | None, Field(description="in the caller's language as far as there is one")] = None
    unit: Annotated[str | None, Field(description="UCUM; absent of what is counted")] = None
    step: str | None = None
    points: Sequence[SeriesPoint] | None = None
    steps: Annotated[Sequence[SeriesStep] | None, Field(description="those without values are left out")] = (
        None
    )
    unconverted: Annotated[
        Sequence[SeriesPoint] | None, Field(description="points whose unit cannot be converted to `unit`")
    ] = None
    other_units: Annotated[
        Sequence[OtherUnit] | None, Field(description="with a step, how many such points there are")
    ] = None
    unreadable: Annotated[
        int | None, Field(description="compositions that may hold more of it: they cannot be read")
    ] = None


class NamedMeasurement(BaseModel):
    """A name that may be asked for, and what it stands for."""

    measurement: str
    label: str
    unit: str | None = None
    nodes: list[str]


_SERIES: TypeAdapter[MeasurementSeries] = TypeAdapter(MeasurementSeries)


def written(series: MeasurementSeries) -> bytes:
    return _SERIES.dump_json(series, exclude_none=True)


def point(point: Point, system_id: str) -> SeriesPoint:
    found, value = point.found, point.found.value
    as_recorded = point.magnitude is None
    bounds = value.range if as_recorded else point.range
    return SeriesPoint(
        at=found.at,
        magnitude=(value.magnitude if point.magnitude is None else point.magnitude) or 0.0,
        unit=value.units if as_recorded else None,
        comparator=comparator(found),
        normal_range=NormalRange(*bounds) if bounds else None,
        mark=mark(value),
        version_uid=found.version_uid(system_id),
        path=found.path,
    )


def step(part: Part) -> SeriesStep:
    return SeriesStep(
        start=part.start,
        count=part.count,
        min=part.low,
        max=part.high,
        mean=part.mean,
        first=part.first,
        last=part.last,
        bounded=part.bounded or None,
    )


def comparator(found: Found) -> str | None:
    """RM, DV_QUANTIFIED.magnitude_status: a result beyond what can be measured is no plain number."""
    status = (found.value.content or {}).get("magnitude_status")
    return status if isinstance(status, str) and status != "=" else None
