"""Cursors of lists: signed, bound to the caller and to what was asked for, an hour long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from openward_contracts import cursor
from openward_servicekit.auth import Principal

from clinical.domain.errors import CursorInvalid

_LIFETIME: Final = timedelta(hours=1)


class Place(NamedTuple):
    """The last item of a page: what the list is ordered by, and its id; `position` among those of that id."""

    at: datetime
    id: UUID
    position: int = 0


@dataclass(frozen=True)
class Cursors:
    """`key` of at least 32 bytes, the same for all processes of the service."""

    key: bytes

    def make(self, after: Place | None, caller: Principal, *asked: object) -> str | None:
        """`asked` names the list, with whatever must be the same on the next page."""
        return after and self.sign([after.at.isoformat(), str(after.id), after.position], caller, *asked)

    def read(self, text: str | None, caller: Principal, *asked: object, path: str = "cursor") -> Place | None:
        """`path`: its parameter. Raises CursorInvalid for one that is forged, expired, or of another list."""
        if text is None:
            return None
        at, item, *position = self.position(text, caller, *asked, path=path)
        return Place(datetime.fromisoformat(at), UUID(item), *position)

    def sign(self, position: Sequence[Any], caller: Principal, *asked: object) -> str:
        """For a list that is ordered by something else: ids, times and numbers alone."""
        expires = datetime.now(UTC) + _LIFETIME
        return cursor.encode(self.key, position, expires=expires, scope=_scope(caller, asked))

    def position(self, text: str, caller: Principal, *asked: object, path: str = "cursor") -> list[Any]:
        """Raises CursorInvalid, as `read`."""
        try:
            found: list[Any] = cursor.decode(self.key, text, scope=_scope(caller, asked))
        except cursor.InvalidCursor:
            raise CursorInvalid(path) from None
        return found


def _scope(caller: Principal, asked: Sequence[object]) -> str:
    return " ".join(map(str, (caller.sub, *asked)))
