"""Idempotency keys in PostgreSQL, in the table `idempotency_key` that the service's migrations make.

Columns: actor text, key text (primary key: both), request_hash bytea, status int null, headers jsonb null,
body bytea null, created_at timestamptz default now(), expires_at timestamptz (indexed).
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg

from openward_servicekit.database import AWAY
from openward_servicekit.errors import Unavailable
from openward_servicekit.idempotency import Claim, Found, StoredAnswer

_CLAIM = """
insert into idempotency_key as k (actor, key, request_hash, created_at, expires_at)
values ($1, $2, $3, now(), now() + $4::interval)
on conflict (actor, key) do update
set request_hash = excluded.request_hash, status = null, headers = null, body = null,
    created_at = excluded.created_at, expires_at = excluded.expires_at
where k.expires_at <= now()
   or ($5 and k.status is null and k.request_hash = excluded.request_hash
       and k.created_at <= now() - $6::interval)
returning created_at
"""
_FIND = """
select request_hash, status, headers::text, body, created_at <= now() - $3::interval as abandoned
from idempotency_key where actor = $1 and key = $2
"""
_COMPLETE = """
update idempotency_key set status = $4, headers = $5::text::jsonb, body = $6
where actor = $1 and key = $2 and created_at = $3
"""
_RELEASE = "delete from idempotency_key where actor = $1 and key = $2 and created_at = $3"
_PURGE = """
delete from idempotency_key where (actor, key) in
    (select actor, key from idempotency_key where expires_at <= now() limit 1000)
"""
_PURGE_SECONDS = 600


@dataclass(slots=True)
class PostgresIdempotency:
    """`kept`: how long an answer is remembered. `abandoned_after`: longer than any request may take.

    `taken_over_after`: when a repeatable request without an answer may be performed again. It is harmless at
    any time, so this only spares work; a client whose request died with its process waits no longer.
    """

    pool: asyncpg.Pool
    kept: timedelta = timedelta(hours=24)
    abandoned_after: timedelta = timedelta(seconds=60)
    taken_over_after: timedelta = timedelta(seconds=5)
    _purged_at: float = field(default_factory=time.monotonic)

    async def claim(self, actor: str, key: str, request_hash: bytes, *, take_over: bool) -> Claim | Found:
        """Raises Unavailable without a database: nothing was done."""
        with _reachable():
            await self._purge_now_and_then()
            while True:
                at = await self.pool.fetchval(
                    _CLAIM, actor, key, request_hash, self.kept, take_over, self.taken_over_after
                )
                if at is not None:
                    return Claim(actor, key, at)
                row = await self.pool.fetchrow(_FIND, actor, key, self.abandoned_after)
                if row is not None:  # else it was freed in between
                    return Found(row["request_hash"], _answer(row), row["abandoned"])

    async def complete(self, claim: Claim, answer: StoredAnswer) -> None:
        headers = json.dumps(dict(answer.headers))
        await self.pool.execute(
            _COMPLETE, claim.actor, claim.key, claim.at, answer.status, headers, answer.body
        )

    async def release(self, claim: Claim) -> None:
        await self.pool.execute(_RELEASE, claim.actor, claim.key, claim.at)

    async def _purge_now_and_then(self) -> None:
        if time.monotonic() - self._purged_at > _PURGE_SECONDS:
            self._purged_at = time.monotonic()
            await self.pool.execute(_PURGE)


def _answer(row: asyncpg.Record) -> StoredAnswer | None:
    if row["status"] is None:
        return None
    return StoredAnswer(row["status"], json.loads(row["headers"]), row["body"])


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except AWAY as error:
        raise Unavailable("the database cannot be reached") from error
