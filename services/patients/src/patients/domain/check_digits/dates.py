from datetime import UTC, date, datetime
from typing import Literal

Order = Literal["dmy", "ymd"]


def written(digits: str, order: Order, century: int) -> date | None:
    """The date that six digits write, in the century that begins with the year `century`."""
    pairs = dict(zip(order, (int(digits[:2]), int(digits[2:4]), int(digits[4:6])), strict=True))
    try:
        return date(century + pairs["y"], pairs["m"], pairs["d"])
    except ValueError:
        return None


def latest(digits: str, order: Order) -> date | None:
    """The last such day that is not in the future: a guess at the century."""
    today = datetime.now(UTC).date()
    days = (written(digits, order, century) for century in (2000, 1900))
    return next((day for day in days if day and day <= today), None)
