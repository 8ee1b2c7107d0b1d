"""What this service's tests share. The fake passes the suite that PostgreSQL passes (test_intents.py)."""

import pytest
from clinical.domain.intent import Claim, Intent
from openward_contracts.identifiers import VersionUid


class MemoryIntents:
    """The Intents port in a dictionary; a claim is never abandoned."""

    def __init__(self) -> None:
        self._rows: dict[VersionUid, tuple[Intent, str]] = {}

    async def claim(self, intent: Intent) -> Claim:
        known, state = self._rows.get(intent.version_uid, (intent, "failed"))
        if state == "failed":
            self._rows[intent.version_uid] = (intent, "open")
            return Claim.NEW
        same = (known.actor.sub, known.request_sha256) == (intent.actor.sub, intent.request_sha256)
        return Claim.REPEATED if same else Claim.TAKEN

    async def committed(self, uid: VersionUid) -> None:
        self._resolve(uid, "committed", {"open", "failed"})

    async def failed(self, uid: VersionUid) -> None:
        self._resolve(uid, "failed", {"open"})

    async def is_committed(self, uid: VersionUid) -> bool:
        return uid in self._rows and self._rows[uid][1] == "committed"

    def _resolve(self, uid: VersionUid, state: str, before: set[str]) -> None:
        intent, current = self._rows[uid]
        if current in before:
            self._rows[uid] = (intent, state)


@pytest.fixture
def memory_intents() -> MemoryIntents:
    return MemoryIntents()
