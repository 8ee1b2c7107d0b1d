"""What is asked for, and told, of the latest values of many patients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

from openward_contracts.identifiers import PatientId, VersionUid
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter
from pydantic_core import PydanticCustomError

from clinical.api.periods import past
from clinical.api.timeline_schemas import CodedTerm, NormalRange
from clinical.domain.normality import Mark
from clinical.domain.span import TimeInFuture, TimeMalformed, TimeWithoutZone, moment
from clinical.domain.step import DurationUnreadable, duration

#: A month that is so many days is not that of a calendar: that of UCUM, `mo`.
_MONTH: Final = timedelta(days=30.4375)


def _past(value: object) -> datetime:
    """With the same codes as in a query."""
    try:
        return past(moment(value if isinstance(value, str) else "", "as_of"), "as_of")
    except (TimeMalformed, TimeWithoutZone, TimeInFuture) as refused:
        raise PydanticCustomError(refused.slug.replace("-", "_"), refused.expected) from None


def _age(value: object) -> timedelta:
    try:
        months, length = duration(value if isinstance(value, str) else "")
    except DurationUnreadable:
        raise PydanticCustomError("duration", "An ISO 8601 duration such as PT12H is needed.") from None
    return months * _MONTH + length


Name = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class LatestAsked(BaseModel):
    """Whose, and what: names of `GET /measurements`, or archetype ids with a path."""

    model_config = ConfigDict(extra="forbid")

    patients: list[PatientId] = Field(min_length=1, max_length=100)
    measurements: list[Name] = Field(min_length=1, max_length=50)
    units: dict[Name, Annotated[str, StringConstraints(max_length=64)]] = Field(
        default={}, max_length=50, description="UCUM, by measurement; without it the usual, else as recorded"
    )
    as_of: Annotated[
        datetime | None, BeforeValidator(_past), Field(description="as it was known then (RFC 3339)")
    ] = None
    max_age: Annotated[
        timedelta | None,
        BeforeValidator(_age),
        Field(description="ISO 8601 duration: what is older does not count"),
    ] = None

    @property
    def since(self) -> datetime | None:
        return None if self.max_age is None else (self.as_of or datetime.now(UTC)) - self.max_age


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestValue:
    """The newest of one measurement."""

    at: datetime
    magnitude: float | None = None
    unit: Annotated[str | None, Field(description="as recorded, where it cannot be converted")] = None
    comparator: Annotated[
        str | None, Field(description="`<`, `<=`, `>`, `>=`, `~`: it is not exactly that")
    ] = None
    text: Annotated[str | None, Field(description="of what has a code, in the caller's language")] = None
    codes: Sequence[CodedTerm] | None = None
    normal_range: NormalRange | None = None
    mark: Annotated[Mark | None, Field(description="beside its normal range, else by its normal status")] = (
        None
    )
    version_uid: VersionUid
    path: Annotated[str, Field(description="from the composition, to this one alone")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientValues:
    """`values` by measurement, those that there are; or why there can be none."""

    patient_id: PatientId
    survivor_id: Annotated[
        PatientId | None, Field(description="who it is now; the values are of both together")
    ] = None
    problem: Annotated[
        Literal["not-found"] | None, Field(description="there is no such patient, or you may not know of it")
    ] = None
    values: Mapping[str, LatestValue] | None = None
    unreadable: Annotated[
        int | None, Field(description="compositions that may hold newer values: they cannot be read")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestValues:
    """In the order in which they were asked for."""

    labels: Annotated[Mapping[str, str], Field(description="of the measurements that have a name here")]
    patients: Sequence[PatientValues]


_JSON: TypeAdapter[LatestValues] = TypeAdapter(LatestValues)


def written(values: LatestValues) -> bytes:
    return _JSON.dump_json(values, exclude_none=True)
