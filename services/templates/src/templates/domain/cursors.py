"""Cursors of the list of templates: signed, bound to the caller, an hour long."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from openward_contracts import cursor
from openward_contracts.identifiers import TemplateId
from openward_servicekit.auth import Principal

from templates.domain.errors import CursorInvalid

LIFETIME = timedelta(hours=1)


@dataclass(frozen=True)
class TemplateCursors:
    """`key` of at least 32 bytes, the same for all processes of the service."""

    key: bytes

    def make(self, after: TemplateId | None, caller: Principal) -> str | None:
        if after is None:
            return None
        expires = datetime.now(UTC) + LIFETIME
        return cursor.encode(self.key, after, expires=expires, scope=_scope(caller))

    def read(self, text: str | None, caller: Principal) -> TemplateId | None:
        """Raises CursorInvalid for one that is forged, expired or somebody else's."""
        if text is None:
            return None
        try:
            return TemplateId(cursor.decode(self.key, text, scope=_scope(caller)))
        except cursor.InvalidCursor:
            raise CursorInvalid from None


def _scope(caller: Principal) -> str:
    return f"templates {caller.sub}"
