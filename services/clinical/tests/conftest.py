"""What this service's tests share. The fake passes the suite that PostgreSQL passes (test_intents.py)."""

import pytest
from clinical.domain.intent import Claim, Intent
from openward_contracts.identifiers import VersionUid
from openward_servicekit.context import current_request_id


class MemoryIntents:
    """The Intents port in a dictionary; a claim is never abandoned."""

    def __init__(self) -> None:
        self._rows: dict[VersionUid, tuple[Intent, str]] = {}
        self._last: dict[VersionUid, str | None] = {}

    async def claim(self, intent: Intent) -> Claim:
        known, state = self._rows.get(intent.version_uid, (intent, "failed"))
        if state == "failed":
            self._rows[intent.version_uid] = (intent, "open")
            self._last[intent.version_uid] = current_request_id()
            return Claim.NEW
        if _request(known) != _request(intent):
            return Claim.TAKEN
        self._last[intent.version_uid] = current_request_id()
        return Claim.REPEATED

    async def committed(self, intent: Intent) -> None:
        self._resolve(intent, "committed", {"open", "failed"})

    async def failed(self, intent: Intent) -> None:
        if self._last[intent.version_uid] == current_request_id():
            self._resolve(intent, "failed", {"open"})

    async def lost(self, intent: Intent) -> bool:
        known, state = self._rows[intent.version_uid]
        self._rows[intent.version_uid] = (known, "failed" if state == "committed" else state)
        return state == "committed"

    async def is_claimed(self, intent: Intent) -> bool:
        known, state = self._rows.get(intent.version_uid, (intent, "failed"))
        return state != "failed" and _request(known) == _request(intent)

    async def is_committed(self, intent: Intent) -> bool:
        known, state = self._rows.get(intent.version_uid, (intent, ""))
        return state == "committed" and _request(known) == _request(intent)

    def _resolve(self, intent: Intent, state: str, before: set[str]) -> None:
        known, current = self._rows[intent.version_uid]
        if current in before and _request(known) == _request(intent):
            self._rows[intent.version_uid] = (known, state)


def _request(intent: Intent) -> tuple[str, bytes]:
    return intent.actor.sub, intent.request_sha256


@pytest.fixture
def memory_intents() -> MemoryIntents:
    return MemoryIntents()
