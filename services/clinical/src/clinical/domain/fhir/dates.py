"""Dates in FHIR searches (R4 search.html#date): a prefix, and a time as exact as it is written."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from clinical.domain.bounds import Bound

_DATE: Final = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)


class Prefix(StrEnum):
    EQUAL = "eq"
    AFTER = "gt"
    BEFORE = "lt"
    FROM = "ge"
    UNTIL = "le"
    STARTS_AFTER = "sa"
    ENDS_BEFORE = "eb"


def bounds(text: str) -> Sequence[Bound]:
    """All of which hold of a period from its start to its end; for a moment both are the same.

    A time without a zone is taken for UTC. Raises ValueError.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("no date of FHIR's")
    prefix = Prefix(match["prefix"] or "eq")
    first, after = _range(match)
    return {
        Prefix.EQUAL: (Bound(first, lower=True), Bound(after, lower=False, of_start=False)),
        Prefix.AFTER: (Bound(after, lower=True, of_start=False),),
        Prefix.FROM: (Bound(first, lower=True, of_start=False),),
        Prefix.BEFORE: (Bound(first, lower=False),),
        Prefix.UNTIL: (Bound(after, lower=False),),
        Prefix.STARTS_AFTER: (Bound(after, lower=True),),
        Prefix.ENDS_BEFORE: (Bound(first, lower=False, of_start=False),),
    }[prefix]


def _range(match: re.Match[str]) -> tuple[datetime, datetime]:
    """The first moment, and the one after the last. Raises ValueError, also for the end of all calendars."""
    year, month, day = (int(match[name] or 1) for name in ("year", "month", "day"))
    try:
        if match["time"]:
            return _moment(match)
        first = datetime(year, month, day, tzinfo=UTC)
        if match["day"]:
            return first, first + timedelta(days=1)
        if match["month"]:
            return first, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        return first, datetime(year + 1, 1, 1, tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error


def _moment(match: re.Match[str]) -> tuple[datetime, datetime]:
    time = match["time"]
    text = f"{match['year']}-{match['month']}-{match['day']}T{time[:15]}{match['zone'] or 'Z'}"
    moment = datetime.fromisoformat(text).astimezone(UTC)
    if len(time) == len("00:00"):
        return moment, moment + timedelta(minutes=1)
    if "." in time:
        digits = min(len(time) - len("00:00:00."), 6)
        return moment, moment + timedelta(microseconds=10 ** (6 - digits))
    return moment, moment + timedelta(seconds=1)
