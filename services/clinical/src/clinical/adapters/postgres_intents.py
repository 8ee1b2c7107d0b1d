"""Who is about to write which version: one row a version, so that a version has one writer at a time."""

from collections.abc import Sequence
from datetime import timedelta

import asyncpg
from openward_contracts.identifiers import VersionUid
from openward_servicekit.context import current_request_id
from openward_servicekit.gathering import Gathering
from openward_servicekit.telemetry import traceparent

from clinical.domain.intent import Claim, Intent

#: A claim whose process died is free again after this; EHRbase has answered or given up long before.
ABANDONED = timedelta(seconds=90)
#: What EHRbase has confirmed for so long can be seen by whoever asks it, if it is there.
SETTLED = timedelta(seconds=5)

_CLAIM = """
insert into write_intent (version_uid, ehr_id, object_id, kind, actor, roles, client_id, purpose,
                          on_behalf_of, request_id, traceparent, request_sha256, template_id, patient_id,
                          description, change_type, lifecycle_state, claimed_committer, to_encounter)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
on conflict (version_uid) do update set
    kind = excluded.kind, actor = excluded.actor, roles = excluded.roles, client_id = excluded.client_id,
    purpose = excluded.purpose, on_behalf_of = excluded.on_behalf_of, request_id = excluded.request_id,
    traceparent = excluded.traceparent, request_sha256 = excluded.request_sha256,
    template_id = excluded.template_id, patient_id = excluded.patient_id, ehr_id = excluded.ehr_id,
    description = excluded.description, change_type = excluded.change_type,
    lifecycle_state = excluded.lifecycle_state, claimed_committer = excluded.claimed_committer,
    to_encounter = excluded.to_encounter, state = 'open', created_at = now(), resolved_at = null
where write_intent.state = 'failed'
returning version_uid
"""
_SAME = "select actor = $2 and request_sha256 = $3 from write_intent where version_uid = $1"
_SHARE = """
update write_intent set request_id = $4, created_at = now()
where version_uid = $1 and actor = $2 and request_sha256 = $3 and state = 'open'
"""
#: A claim that was taken over belongs to another request: the one that lost it must not speak for that.
_COMMIT = """
update write_intent i set state = 'committed', resolved_at = now()
from unnest($1::text[], $2::text[], $3::bytea[]) as done (version_uid, actor, request_sha256)
where i.version_uid = done.version_uid and i.actor = done.actor and i.request_sha256 = done.request_sha256
  and i.state <> 'committed'
"""
#: A shared claim is not freed by the failure of one request: the other may be at work.
_FAIL = """
update write_intent set state = 'failed', resolved_at = now()
where version_uid = $1 and actor = $2 and request_sha256 = $3 and request_id = $4 and state = 'open'
"""
#: EHRbase was set back to an older state, or its writer is gone: what it does not hold is anybody's to write.
#: A claim alone says nothing of that: what its writer has left may be there, and is the writer's then.
_LOSE = """
update write_intent set state = 'failed', resolved_at = now()
where version_uid = $1 and (state = 'committed' and resolved_at < now() - $2::interval
                            or state = 'open' and created_at < now() - $3::interval)
"""
_IS_CLAIMED = f"{_SAME} and state <> 'failed'"
_IS_COMMITTED = f"{_SAME} and state = 'committed'"


class PostgresIntents:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._committing: Gathering[Intent, None] = Gathering(self._commit)

    async def claim(self, intent: Intent) -> Claim:
        actor, uid, stated = intent.actor, intent.version_uid, intent.stated
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
            _request_id(intent),
            traceparent(),
            intent.request_sha256,
            intent.template_id,
            intent.named_id,
            stated.description,
            stated.change_type,
            stated.lifecycle_state,
            stated.committer,
            intent.to_encounter,
        )
        if claimed:
            return Claim.NEW
        await self._pool.execute(_SHARE, *_request(intent), _request_id(intent))
        same = await self._pool.fetchval(_SAME, *_request(intent))
        return Claim.REPEATED if same else Claim.TAKEN

    async def committed(self, intent: Intent) -> None:
        await self._committing(intent)

    async def _commit(self, intents: Sequence[Intent]) -> Sequence[None]:
        await self._pool.execute(_COMMIT, *zip(*map(_request, intents), strict=True))
        return [None] * len(intents)

    async def failed(self, intent: Intent) -> None:
        await self._pool.execute(_FAIL, *_request(intent), _request_id(intent))

    async def lost(self, intent: Intent) -> bool:
        done = await self._pool.execute(_LOSE, intent.version_uid, SETTLED, ABANDONED)
        return bool(done == "UPDATE 1")

    async def is_claimed(self, intent: Intent) -> bool:
        return bool(await self._pool.fetchval(_IS_CLAIMED, *_request(intent)))

    async def is_committed(self, intent: Intent) -> bool:
        return bool(await self._pool.fetchval(_IS_COMMITTED, *_request(intent)))


def _request_id(intent: Intent) -> str:
    return current_request_id() or str(intent.version_uid.object_id)  # outside of a request, in tests


def _request(intent: Intent) -> tuple[VersionUid, str, bytes]:
    """What makes two requests the same."""
    return intent.version_uid, intent.actor.sub, intent.request_sha256
