"""Cursors of lists of encounters: signed, bound to caller, record and filter, an hour long."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from openward_contracts import cursor
from openward_contracts.identifiers import EncounterId
from openward_servicekit.auth import Principal

from clinical.domain.encounter_errors import EncounterCursorInvalid
from clinical.domain.encounter_ports import Position, Wanted
from clinical.domain.record import PatientRecord

_LIFETIME: Final = timedelta(hours=1)


@dataclass(frozen=True)
class EncounterCursors:
    """`key` of at least 32 bytes, the same for all processes of the service."""

    key: bytes

    def make(
        self, after: Position | None, caller: Principal, record: PatientRecord, wanted: Wanted
    ) -> str | None:
        if after is None:
            return None
        expires, scope = datetime.now(UTC) + _LIFETIME, _scope(caller, record, wanted)
        return cursor.encode(
            self.key, [after.sorted_at.isoformat(), str(after.id)], expires=expires, scope=scope
        )

    def read(
        self, text: str | None, caller: Principal, record: PatientRecord, wanted: Wanted
    ) -> Position | None:
        """Raises EncounterCursorInvalid for one that is forged, expired, or of another list."""
        if text is None:
            return None
        try:
            at, encounter_id = cursor.decode(self.key, text, scope=_scope(caller, record, wanted))
        except cursor.InvalidCursor:
            raise EncounterCursorInvalid from None
        return Position(datetime.fromisoformat(at), EncounterId(encounter_id))


def _scope(caller: Principal, record: PatientRecord, wanted: Wanted) -> str:
    kinds = sorted(wanted.statuses), sorted(wanted.classes)
    return f"encounters {caller.sub} {record.named_id} {kinds} {wanted.since} {wanted.until}"
