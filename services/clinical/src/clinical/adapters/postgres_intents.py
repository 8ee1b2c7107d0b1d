"""Who is about to write which version: one row a version, so that a version has one writer at a time."""

from datetime import timedelta

import asyncpg
from openward_contracts.identifiers import VersionUid
from openward_servicekit.context import current_request_id
from openward_servicekit.telemetry import traceparent

from clinical.domain.intent import Claim, Intent

#: A claim whose process died is free again after this; EHRbase has answered or given up long before.
ABANDONED = timedelta(seconds=90)

_CLAIM = """
insert into write_intent (version_uid, ehr_id, object_id, kind, actor, roles, client_id, purpose,
                          on_behalf_of, request_id, traceparent, request_sha256, template_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict (version_uid) do update set
    kind = excluded.kind, actor = excluded.actor, roles = excluded.roles, client_id = excluded.client_id,
    purpose = excluded.purpose, on_behalf_of = excluded.on_behalf_of, request_id = excluded.request_id,
    traceparent = excluded.traceparent, request_sha256 = excluded.request_sha256,
    template_id = excluded.template_id, state = 'open', created_at = now(), resolved_at = null
where write_intent.state = 'failed'
   or (write_intent.state = 'open' and write_intent.created_at < now() - $14::interval)
returning version_uid
"""
_SAME = "select actor = $2 and request_sha256 = $3 from write_intent where version_uid = $1"


class PostgresIntents:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def claim(self, intent: Intent) -> Claim:
        actor, uid = intent.actor, intent.version_uid
        claimed = await self._pool.fetchval(
            _CLAIM,
            uid,
            intent.ehr_id,
            uid.object_id,
            intent.kind,
            actor.sub,
            list(actor.roles),
            actor.client_id,
            actor.purpose,
            actor.on_behalf_of,
            current_request_id() or str(uid.object_id),  # outside of a request, in tests and repairs
            traceparent(),
            intent.request_sha256,
            intent.template_id,
            ABANDONED,
        )
        if claimed:
            return Claim.NEW
        same = await self._pool.fetchval(_SAME, uid, actor.sub, intent.request_sha256)
        return Claim.REPEATED if same else Claim.TAKEN

    async def committed(self, uid: VersionUid) -> None:
        await self._resolve(uid, "committed", "failed")

    async def failed(self, uid: VersionUid) -> None:
        await self._resolve(uid, "failed", "")

    async def is_committed(self, uid: VersionUid) -> bool:
        state = await self._pool.fetchval("select state from write_intent where version_uid = $1", uid)
        return bool(state == "committed")

    async def _resolve(self, uid: VersionUid, state: str, also_from: str) -> None:
        await self._pool.execute(
            "update write_intent set state = $2, resolved_at = now()"
            " where version_uid = $1 and state in ('open', $3)",
            uid,
            state,
            also_from,
        )
