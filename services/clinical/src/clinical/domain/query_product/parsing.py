"""A product's text, parsed: asked for several times in each run, and longer than what `aql.read` keeps."""

from functools import lru_cache
from typing import Final

from clinical.domain.aql import Query, read

#: At most so many texts of so many characters: some 30 MB, if all are so long.
_CACHED_TEXTS: Final = 32
_CACHED_LENGTH: Final = 8192
#: And of longer ones so many: as much again.
_CACHED_LONG: Final = 4

_cached = lru_cache(_CACHED_TEXTS)(read)
_cached_long = lru_cache(_CACHED_LONG)(read)


def parsed(text: str) -> Query:
    """Raises QueryUnreadable."""
    return _cached(text) if len(text) <= _CACHED_LENGTH else _cached_long(text)
