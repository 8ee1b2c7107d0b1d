"""ISO 8601 as openEHR takes it: partial dates and times, extended or compact, a comma for a point."""

import re
from datetime import date
from typing import Final

_DATE: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?|(?P<month2>\d\d)(?P<day2>\d\d)?)?", re.ASCII
)
_TIME: Final = re.compile(
    r"([01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d([.,]\d{1,9})?)?|[0-5]\d(?:[0-5]\d([.,]\d{1,9})?)?)?"
    r"(Z|[+-](0\d|1[0-8])(:?[0-5]\d)?)?",
    re.ASCII,
)
_DURATION: Final = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<Y>[+-]?\d{1,9})Y)?(?:(?P<M>[+-]?\d{1,9})M)?(?:(?P<W>[+-]?\d{1,9})W)?"
    r"(?:(?P<D>[+-]?\d{1,9})D)?"
    r"(?:T(?:(?P<h>[+-]?\d{1,9})H)?(?:(?P<m>[+-]?\d{1,9})M)?(?:(?P<s>[+-]?\d{1,9}(?:[.,]\d{0,9})?)S)?)?",
    re.ASCII | re.IGNORECASE,
)
#: Lengths in seconds; a year and a month are those of the Gregorian calendar on average.
_SECONDS: Final = {
    "Y": 31_556_952,
    "M": 2_629_746,
    "W": 604_800,
    "D": 86_400,
    "h": 3_600,
    "m": 60,
    "s": 1,
}
#: Longer is no moment: matching stops before it begins.
_LONGEST: Final = 120


def is_date(text: str) -> bool:
    if len(text) > _LONGEST or not (found := _DATE.fullmatch(text)):
        return False
    year, month, day, month2, day2 = (int(part or 1) for part in found.groups())
    try:
        date(max(year, 1), month * month2, day * day2)
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    return len(text) <= _LONGEST and bool(_TIME.fullmatch(text))


def is_date_time(text: str) -> bool:
    """A date alone is a partial date and time."""
    day, mark, time = text.partition("T")
    return is_date(day) and (not mark or is_time(time))


def seconds_of(text: str) -> float | None:
    """How long a duration is; None of a text that is none."""
    if len(text) > _LONGEST or not (found := _DURATION.fullmatch(text)):
        return None
    parts = found.groupdict()
    sign = -1 if parts.pop("sign") == "-" else 1
    given = {name: part for name, part in parts.items() if part is not None}
    if not given or text.upper().endswith("T"):
        return None
    return sign * sum(_SECONDS[name] * float(part.replace(",", ".")) for name, part in given.items())
