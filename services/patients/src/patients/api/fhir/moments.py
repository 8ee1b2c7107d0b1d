"""Times as FHIR writes them."""

import re
from datetime import UTC, datetime
from typing import Final

#: FHIR `dateTime` with a time of day: seconds and a zone are needed (datatypes.html#dateTime).
_DATE_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)


def date_time(text: str) -> str:
    """A partial date or a time of the record; the record takes more ways to write a time than FHIR does."""
    if "T" not in text or _DATE_TIME.fullmatch(text):
        return text
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()
