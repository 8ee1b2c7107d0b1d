"""Who stores which version of which query: one row a version, so that each has one writer at a time."""

import asyncpg
from openward_servicekit.context import current_request_id

from clinical.adapters.postgres_intents import ABANDONED, SETTLED
from clinical.domain.storing import Claimed, Storing

#: It is held for the request that is served now: whoever came before it does not free it.
_EARLIER = """
update stored_query_claim
set created_at = case when state = 'open' then now() else created_at end, request_id = $3
where actor = $1 and request_sha256 = $2
  and (case when keyed then state <> 'failed' else state = 'open' and created_at > now() - $4::interval end)
returning version, state = 'committed' as settled
"""
_CLAIM = """
insert into stored_query_claim
    (name, version, actor, client_id, on_behalf_of, request_id, request_sha256, keyed)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (name, version) do update set
    actor = excluded.actor, client_id = excluded.client_id, on_behalf_of = excluded.on_behalf_of,
    request_id = excluded.request_id, request_sha256 = excluded.request_sha256, keyed = excluded.keyed,
    state = 'open', created_at = now(), resolved_at = null
where stored_query_claim.state = 'failed' or stored_query_claim.state = 'committed' and $9
returning true
"""
_RESOLVE = """
update stored_query_claim set state = $3, resolved_at = now()
where name = $1 and version = $2 and actor = $4 and request_sha256 = $5 and request_id = $6 and state = 'open'
"""
_COMMIT = _RESOLVE.replace(" and request_id = $6", "")
_FREE = """
update stored_query_claim set state = 'failed', resolved_at = now()
where name = $1 and version = $2
  and (state = 'committed' and resolved_at < now() - $3::interval
       or state = 'open' and created_at < now() - $4::interval)
"""


class PostgresStoredQueryClaims:
    """The StoredQueryClaims port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def earlier(self, storing: Storing) -> Claimed | None:
        row = await self._pool.fetchrow(
            _EARLIER, storing.actor.sub, storing.sha256, current_request_id() or "", ABANDONED
        )
        return Claimed(row["version"], repeated=True, settled=row["settled"]) if row else None

    async def claim(self, storing: Storing, version: str) -> bool:
        actor = storing.actor
        claimed = await self._pool.fetchval(
            _CLAIM,
            storing.name,
            version,
            actor.sub,
            actor.client_id,
            actor.on_behalf_of,
            current_request_id() or "",
            storing.sha256,
            storing.key is not None,
            storing.wanted.is_replaced,
        )
        return bool(claimed)

    async def committed(self, storing: Storing, version: str) -> None:
        await self._pool.execute(
            _COMMIT, storing.name, version, "committed", storing.actor.sub, storing.sha256
        )

    async def failed(self, storing: Storing, version: str) -> None:
        request = storing.actor.sub, storing.sha256, current_request_id() or ""
        await self._pool.execute(_RESOLVE, storing.name, version, "failed", *request)

    async def free(self, name: str, version: str) -> bool:
        done = await self._pool.execute(_FREE, name, version, SETTLED, ABANDONED)
        return bool(done == "UPDATE 1")
