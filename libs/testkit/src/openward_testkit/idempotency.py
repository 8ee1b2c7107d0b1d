"""Idempotency keys in memory; it passes the same tests as the store in PostgreSQL."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from openward_servicekit.idempotency import Claim, Found, StoredAnswer


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class _Row:
    request_hash: bytes
    at: datetime
    answer: StoredAnswer | None = None


@dataclass(slots=True)
class MemoryIdempotency:
    kept: timedelta = timedelta(hours=24)
    abandoned_after: timedelta = timedelta(seconds=60)
    taken_over_after: timedelta = timedelta(seconds=5)
    clock: Callable[[], datetime] = _now
    _rows: dict[tuple[str, str], _Row] = field(default_factory=dict)

    async def claim(self, actor: str, key: str, request_hash: bytes, *, take_over: bool) -> Claim | Found:
        now = self.clock()
        row = self._rows.get((actor, key))
        if row is not None and row.at + self.kept > now:
            abandoned = row.at + self.abandoned_after <= now
            held_long = row.at + self.taken_over_after <= now
            same_request = row.request_hash == request_hash
            if not (take_over and held_long and same_request and row.answer is None):
                return Found(row.request_hash, row.answer, abandoned)
        self._rows[actor, key] = _Row(request_hash, now)
        return Claim(actor, key, now)

    async def complete(self, claim: Claim, answer: StoredAnswer) -> None:
        row = self._rows.get((claim.actor, claim.key))
        if row is not None and row.at == claim.at:
            row.answer = answer

    async def release(self, claim: Claim) -> None:
        row = self._rows.get((claim.actor, claim.key))
        if row is not None and row.at == claim.at:
            del self._rows[claim.actor, claim.key]
