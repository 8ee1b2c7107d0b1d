"""Numbers and moments of canonical JSON, and how a person reads them; what is none of them gives None."""

import math
import re
from datetime import UTC, datetime
from typing import Any, Final

_DURATION: Final = re.compile(
    r"(?P<sign>[+-]?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?",
    re.ASCII,
)
_DURATION_UNITS: Final = ("y", "mo", "wk", "d", "h", "min", "s")
_PARTIAL: Final = {4: "-01-01", 7: "-01"}
#: Longer is no number and no moment.
_LONGEST: Final = 400
_MOST_PLACES: Final = 20
#: Whole numbers up to here are exact, and are written without an exponent.
_EXACT: Final = 2.0**53
_LAST_YEAR: Final = 9999


def number(value: Any) -> float | None:
    """Finite; text that says a number too, as EHRbase takes it."""
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value) if not isinstance(value, str) or len(value) <= _LONGEST else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def number_text(value: float, places: Any = None) -> str:
    """With `places` decimals, else as few as tell it apart."""
    if type(places) is int and 0 <= places <= _MOST_PLACES:
        return f"{value:.{places}f}"
    return str(int(value)) if value.is_integer() and abs(value) <= _EXACT else repr(value)


def moment(value: Any) -> datetime | None:
    """Of an ISO 8601 text: partial ones are their first moment, those without zone are in UTC."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    try:
        found = datetime.fromisoformat(value + _PARTIAL.get(len(value), ""))
    except ValueError:
        return None
    if not 1 < found.year < _LAST_YEAR:  # nearer to the ends a zone may lead out of what databases hold
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def duration_text(value: str) -> str:
    """`P1DT2H30M` as `1 d 2 h 30 min` (`y`, `mo`, `wk`, …); what is no duration as it stands."""
    found = _DURATION.fullmatch(value) if len(value) <= _LONGEST else None
    if found is None:
        return value
    sign, *amounts = found.groups()
    parts = [f"{each} {unit}" for each, unit in zip(amounts, _DURATION_UNITS, strict=True) if each]
    return ("-" if sign == "-" else "") + " ".join(parts) if parts else value
