"""Times as FHIR writes them."""

from datetime import UTC, datetime


def instant(moment: datetime) -> str:
    """In UTC, with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
