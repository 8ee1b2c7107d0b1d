"""Cursors of searches: signed, bound to the caller and the search, an hour long."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from openward_contracts import cursor
from openward_servicekit.auth import Principal

from audit.domain.errors import CursorInvalid
from audit.domain.search import Filters, Place

LIFETIME = timedelta(hours=1)


@dataclass(frozen=True)
class EntryCursors:
    """`key` of at least 32 bytes, the same for all processes of the service."""

    key: bytes

    def make(self, place: Place | None, caller: Principal, filters: Filters) -> str | None:
        if place is None:
            return None
        position = [place.time.isoformat(), place.index]
        expires = datetime.now(UTC) + LIFETIME
        return cursor.encode(self.key, position, expires=expires, scope=_scope(caller, filters))

    def read(self, text: str | None, caller: Principal, filters: Filters) -> Place | None:
        """Raises CursorInvalid for one that is forged, expired, somebody else's or of another search."""
        if text is None:
            return None
        try:
            time, index = cursor.decode(self.key, text, scope=_scope(caller, filters))
        except cursor.InvalidCursor:
            raise CursorInvalid from None
        return Place(datetime.fromisoformat(time), index)


def _scope(caller: Principal, filters: Filters) -> str:
    return f"audit.entries {caller.sub!r} {filters}"
