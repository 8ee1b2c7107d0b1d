"""A span of time, and how such is written by callers."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from openward_servicekit.errors import FieldError, Invalid

#: RFC 3339, section 5.6; the zone is asked for apart, as it is what is forgotten.
_WRITTEN: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?P<zone>[Zz]|[+-]\d{2}:\d{2})?", re.ASCII
)


class TimeWithoutZone(Invalid):
    slug = "time-without-zone"
    expected = "A time needs a zone: Z, or an offset such as +01:00."

    def __init__(self, path: str) -> None:
        super().__init__(self.expected, errors=(FieldError(self.slug, self.expected, path=path),))


class TimeMalformed(Invalid):
    slug = "time-malformed"
    expected = "A time is written by RFC 3339, as 2026-11-23T08:00:00Z; in a query, + is sent as %2B."

    def __init__(self, path: str) -> None:
        super().__init__(self.expected, errors=(FieldError(self.slug, self.expected, path=path),))


class TimeInFuture(Invalid):
    """What will be known then is not known now."""

    slug = "time-in-future"
    expected = "It must not be later than now."

    def __init__(self, path: str) -> None:
        super().__init__(self.expected, errors=(FieldError(self.slug, self.expected, path=path),))


class PeriodReversed(Invalid):
    slug = "period-reversed"

    def __init__(self, path: str, start: str) -> None:
        problem = FieldError(self.slug, f"It is before `{start}`.", path=path)
        super().__init__("The period ends before it begins.", errors=(problem,))


@dataclass(frozen=True, slots=True)
class Span:
    """From `start`, up to `end` and without it; None is unbounded."""

    start: datetime | None = None
    end: datetime | None = None


def moment(text: str, path: str) -> datetime:
    """In UTC. Raises TimeWithoutZone, TimeMalformed, which name `path`."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise TimeMalformed(path)
    if written["zone"] is None:
        raise TimeWithoutZone(path)
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):  # no such day, or none that can be counted
        raise TimeMalformed(path) from None
