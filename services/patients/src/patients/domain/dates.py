"""Dates of which only a part may be known, as FHIR writes them: `1980`, `1980-02` or `1980-02-29`."""

import calendar
import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field
from pydantic_core import PydanticCustomError

EARLIEST = date(1850, 1, 1)
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


class Precision(StrEnum):
    YEAR = "year"
    MONTH = "month"
    DAY = "day"


def precision(text: str) -> Precision:
    """Of a partial date that was checked."""
    return {4: Precision.YEAR, 7: Precision.MONTH}.get(len(text), Precision.DAY)


def first_day(text: str) -> date:
    """The first day that it may be. Raises ValueError when it is no partial date."""
    match = _PARTIAL.fullmatch(text)
    if match is None:
        raise ValueError("not a date")
    return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))


def last_day(text: str) -> date:
    """The last day that it may be. Raises ValueError when it is no partial date."""
    first = first_day(text)
    match precision(text):
        case Precision.YEAR:
            return first.replace(month=12, day=31)
        case Precision.MONTH:
            return first.replace(day=calendar.monthrange(first.year, first.month)[1])
        case _:
            return first


def now() -> datetime:
    """The clock, to the millisecond: what is stored and what is answered are then the same."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _partial(text: str) -> str:
    try:
        first_day(text)
    except ValueError:
        raise PydanticCustomError("date", "Must be a date that exists: YYYY, YYYY-MM or YYYY-MM-DD") from None
    return text


def _past(text: str) -> str:
    # A day of grace: where the sender is, it may be tomorrow already.
    if not (last_day(text) >= EARLIEST and first_day(text).toordinal() <= _today().toordinal() + 1):
        raise PydanticCustomError("birth_date", "Must be a date from 1850 to today")
    return text


def _moment(text: str) -> str:
    if "T" not in text:
        return _past(_partial(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("date_time", "Must be a date or a time with a zone") from None
    if moment.tzinfo is None:
        raise PydanticCustomError("date_time", "Must have a zone")
    _past(_in_utc(moment).date().isoformat())
    return text


def _today() -> date:
    return datetime.now(UTC).date()


def _in_utc(moment: datetime) -> datetime:
    """PostgreSQL knows no zone that is sixteen hours away, and no calendar the year 0."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("date_time", "Must be within the years 1 to 9999 in UTC") from None


#: RFC 3339, with a zone; in UTC from here on.
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
PartialDate = Annotated[str, Field(max_length=10), AfterValidator(_partial)]
PastDate = Annotated[PartialDate, AfterValidator(_past)]
#: FHIR `dateTime`: a partial date, or a moment with its zone; not in the future.
PastMoment = Annotated[str, Field(max_length=35), AfterValidator(_moment)]
