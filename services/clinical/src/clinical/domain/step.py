"""Steps of a series: ISO 8601 durations, counted from one moment on, so that every patient's are the same."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from openward_servicekit.errors import FieldError, Invalid

#: A Monday, at midnight UTC: weeks, days, hours and what divides them begin when they do everywhere.
ORIGIN: Final = datetime(2001, 1, 1, tzinfo=UTC)

_WRITTEN: Final = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.ASCII,
)
_LONGEST: Final = timedelta(days=36_525)
_MOST_MONTHS: Final = 1200
_LONGEST_TEXT: Final = 40
#: What a chart with one mark per step reads well, the shortest first.
_USUAL: Final = {
    "PT1M": timedelta(minutes=1),
    "PT5M": timedelta(minutes=5),
    "PT15M": timedelta(minutes=15),
    "PT1H": timedelta(hours=1),
    "PT6H": timedelta(hours=6),
    "P1D": timedelta(days=1),
    "P1W": timedelta(weeks=1),
    "P1M": timedelta(days=28),
    "P1Y": timedelta(days=365),
}
_READABLE: Final = 1000


class DurationUnreadable(ValueError):  # noqa: N818  errors are named <Noun><Problem> here
    """Not an ISO 8601 duration in whole seconds, or longer than a hundred years."""


class StepInvalid(Invalid):
    slug = "step-invalid"
    expected = (
        "A step is an ISO 8601 duration such as PT1H, P1D or P1M: longer than nothing, at most 100 years, "
        "in whole seconds, and either of months and years or of weeks, days and less."
    )

    def __init__(self, path: str) -> None:
        super().__init__(self.expected, errors=(FieldError(self.slug, self.expected, path=path),))


@dataclass(frozen=True, slots=True)
class Step:
    """`text` as it was asked for; so many months, else so long."""

    text: str
    months: int
    length: timedelta

    @classmethod
    def read(cls, text: str, path: str) -> Self:
        """Raises StepInvalid."""
        try:
            months, length = duration(text)
        except DurationUnreadable:
            raise StepInvalid(path) from None
        if bool(months) == bool(length):
            raise StepInvalid(path)
        return cls(text, months, length)


def duration(text: str) -> tuple[int, timedelta]:
    """Its months, and the rest. Raises DurationUnreadable."""
    found = _WRITTEN.fullmatch(text) if len(text) <= _LONGEST_TEXT else None
    if found is None or not any(found.groupdict().values()):
        raise DurationUnreadable
    part = {name: int(value or 0) for name, value in found.groupdict().items()}
    months = part.pop("years") * 12 + part.pop("months")
    try:
        length = timedelta(**part)
    except OverflowError:
        raise DurationUnreadable from None
    if months > _MOST_MONTHS or length > _LONGEST:
        raise DurationUnreadable
    return months, length


def readable(length: timedelta, most: int) -> str:
    """The shortest usual step by which so long a time is neither more than a chart shows nor than `most`."""
    spaces = min(_READABLE, most) - 1
    return next((text for text, step in _USUAL.items() if length <= spaces * step), "P1Y")
