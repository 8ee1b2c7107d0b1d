"""Cursors of searches: signed, bound to the caller and the search, an hour long.

They travel in bodies only, because a position in an order of names holds a name.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from openward_contracts import cursor
from openward_servicekit.auth import Principal

from patients.domain.errors import CursorInvalid

LIFETIME = timedelta(hours=1)


@dataclass(frozen=True)
class SearchCursors:
    """`key` of at least 32 bytes, the same for all processes of the service."""

    key: bytes

    def make(self, position: Sequence[Any] | None, caller: Principal, search: str) -> str | None:
        """None without a position: there is no next page. `search`: all that must be the same on it."""
        if position is None:
            return None
        expires = datetime.now(UTC) + LIFETIME
        return cursor.encode(self.key, list(position), expires=expires, scope=_scope(caller, search))

    def read(self, text: str | None, caller: Principal, search: str) -> list[Any] | None:
        """Raises CursorInvalid for one that is forged, expired, somebody else's or of another search."""
        if text is None:
            return None
        try:
            position: list[Any] = cursor.decode(self.key, text, scope=_scope(caller, search))
        except cursor.InvalidCursor:
            raise CursorInvalid from None
        return position


def _scope(caller: Principal, search: str) -> str:
    return f"patients {caller.sub} {hashlib.sha256(search.encode()).hexdigest()}"
