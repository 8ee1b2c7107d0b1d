"""Where in a query something is, as editors count: lines and columns from 1."""

from clinical.domain.errors import QueryNotBound, QueryUnreadable


def unreadable(text: str, offset: int, reason: str) -> QueryUnreadable:
    """`offset` in characters. `reason` never quotes the query: what it holds may be about a person."""
    return QueryUnreadable(reason, *line_and_column(text, offset))


def not_bound(text: str, offset: int, reason: str) -> QueryNotBound:
    return QueryNotBound(reason, *line_and_column(text, offset))


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Of a character."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
