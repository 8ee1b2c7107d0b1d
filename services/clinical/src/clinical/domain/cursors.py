"""Cursors of lists: signed, bound to the caller and to what was asked for, an hour long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from openward_contracts import cursor
from openward_servicekit.auth import Principal

from clinical.domain.errors import CursorInvalid

_LIFETIME: Final = timedelta(hours=1)


class Place(NamedTuple):
    """The last item of a page: what the list is ordered by, and the item's id."""

    at: datetime
    id: UUID


@dataclass(frozen=True)
class Cursors:
    """`key` of at least 32 bytes, the same for all processes of the service."""

    key: bytes

    def make(self, after: Place | None, caller: Principal, *asked: object) -> str | None:
        """`asked` names the list, with whatever must be the same on the next page."""
        if after is None:
            return None
        expires = datetime.now(UTC) + _LIFETIME
        position = [after.at.isoformat(), str(after.id)]
        return cursor.encode(self.key, position, expires=expires, scope=_scope(caller, asked))

    def read(self, text: str | None, caller: Principal, *asked: object) -> Place | None:
        """Raises CursorInvalid for one that is forged, expired, or of another list."""
        if text is None:
            return None
        try:
            at, item = cursor.decode(self.key, text, scope=_scope(caller, asked))
        except cursor.InvalidCursor:
            raise CursorInvalid from None
        return Place(datetime.fromisoformat(at), UUID(item))


def _scope(caller: Principal, asked: Sequence[object]) -> str:
    return " ".join(map(str, (caller.sub, *asked)))
