"""FHIR date search (R4 search.html#date) on dates without a time."""

from datetime import date, timedelta
from typing import Final

from patients.domain.dates import first_day, last_day
from patients.domain.search.asking import DayRange

_PREFIXES: Final = ("eq", "ge", "gt", "le", "lt")
_FIRST: Final = date(1, 1, 1)
_LAST: Final = date(9999, 12, 31)
_DAY: Final = timedelta(days=1)


def birth_range(text: str) -> DayRange:
    """Of `1980`, `ge1980-02`, `lt1980-02-29`. Raises ValueError for any other."""
    prefix = text[:2] if text[:2] in _PREFIXES else "eq"
    day = text.removeprefix(prefix)
    first, last = first_day(day), last_day(day)
    if (prefix == "gt" and last == _LAST) or (prefix == "lt" and first == _FIRST):
        raise ValueError("nothing is beyond it")
    return {
        "eq": lambda: DayRange(first, last),
        "ge": lambda: DayRange(first, _LAST),
        "gt": lambda: DayRange(last + _DAY, _LAST),
        "le": lambda: DayRange(_FIRST, last),
        "lt": lambda: DayRange(_FIRST, first - _DAY),
    }[prefix]()
