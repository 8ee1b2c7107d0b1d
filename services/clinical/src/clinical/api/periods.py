"""Periods and points in time that are asked for: `from`, `to` and `as_of`."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import Depends, Query
from pydantic import AfterValidator, AwareDatetime
from pydantic_core import PydanticCustomError

from clinical.domain.span import PeriodReversed, Span, TimeInFuture, TimeMalformed, moment

#: Clocks of clients go before ours by so much.
_TOLERANCE: Final = timedelta(minutes=1)
LONGEST_TIME: Final = 40


def moment_query(description: str, alias: str | None = None) -> Any:
    """A parameter that `moment` reads."""
    kind = {"format": "date-time"}
    return Query(alias=alias, max_length=LONGEST_TIME, description=description, json_schema_extra=kind)


async def period(
    start: Annotated[str | None, moment_query("not before (RFC 3339)", "from")] = None,
    end: Annotated[str | None, moment_query("before", "to")] = None,
) -> Span:
    """Raises TimeWithoutZone, TimeMalformed, PeriodReversed."""
    return span(start, end)


async def as_of(
    as_of: Annotated[
        str | None, moment_query("as it was known at that time (RFC 3339); now, if it is not said")
    ] = None,
) -> datetime | None:
    """Raises TimeWithoutZone, TimeMalformed, TimeInFuture."""
    return past_moment(as_of, "as_of")


def span(start: str | None, end: str | None, names: tuple[str, str] = ("from", "to")) -> Span:
    """`names`: of the parameters. Raises what `period` raises."""
    asked = Span(_moment(start, names[0]), _moment(end, names[1]))
    if asked.start and asked.end and asked.end < asked.start:
        raise PeriodReversed(names[1], names[0])
    return asked


def past_moment(text: str | None, path: str) -> datetime | None:
    """Raises TimeWithoutZone, TimeMalformed, TimeInFuture."""
    at = _moment(text, path)
    return past(at, path) if at else None


def _moment(text: str | None, path: str) -> datetime | None:
    return None if text is None else moment(text, path)


def past(at: datetime, path: str) -> datetime:
    """Raises TimeInFuture."""
    if at > datetime.now(UTC) + _TOLERANCE:
        raise TimeInFuture(path)
    return at


def _in_utc(at: datetime) -> datetime:
    """There are times that UTC has not, before its first year and after its last."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        code = TimeMalformed.slug.replace("-", "_")
        raise PydanticCustomError(code, "A time between the years 1 and 9999 is needed.") from None


#: As it stands in a body.
SentMoment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Period = Annotated[Span, Depends(period)]
AsOf = Annotated[datetime | None, Depends(as_of)]
