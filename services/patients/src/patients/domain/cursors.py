"""Cursors of name searches: signed, bound to the caller and the search, an hour long.

They travel in bodies only, because a position in an order of names holds a name.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from openward_contracts import cursor
from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Principal

from patients.domain.errors import CursorInvalid
from patients.domain.patient import search_key
from patients.domain.ports import NamePosition

LIFETIME = timedelta(hours=1)


@dataclass(frozen=True)
class SearchCursors:
    """`key` of at least 32 bytes, the same for all processes of the service."""

    key: bytes

    def make(self, position: NamePosition | None, caller: Principal, name: str) -> str | None:
        if position is None:
            return None
        place = [position.family_key, position.given_key, str(position.patient_id)]
        expires = datetime.now(UTC) + LIFETIME
        return cursor.encode(self.key, place, expires=expires, scope=_scope(caller, name))

    def read(self, text: str | None, caller: Principal, name: str) -> NamePosition | None:
        """Raises CursorInvalid for one that is forged, expired, somebody else's or of another search."""
        if text is None:
            return None
        try:
            family, given, patient_id = cursor.decode(self.key, text, scope=_scope(caller, name))
        except cursor.InvalidCursor:
            raise CursorInvalid from None
        return NamePosition(family, given, PatientId(patient_id))


def _scope(caller: Principal, name: str) -> str:
    return f"patients.by-name {caller.sub} {search_key(name)}"
