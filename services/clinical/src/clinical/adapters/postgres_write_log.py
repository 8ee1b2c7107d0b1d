"""What was written through this service, read from its write intents."""

from collections.abc import Mapping, Sequence

import asyncpg
from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid

from clinical.domain.intent import Kind
from clinical.domain.merge import Merge
from clinical.domain.review import WrittenVersion

#: While the survivor is itself merged into another, writes go to that one's EHR.
_DURING = """
with recursive written_to as (
    select survivor_ehr_id as ehr_id, merged_at as since, coalesce(unmerged_at, 'infinity') as until
    from patient_merge where merge_id = $1
    union
    select m.survivor_ehr_id, greatest(w.since, m.merged_at),
           least(w.until, coalesce(m.unmerged_at, 'infinity'))
    from written_to w join patient_merge m on m.source_ehr_id = w.ehr_id
    where m.merged_at < w.until and coalesce(m.unmerged_at, 'infinity') > w.since)
select distinct i.version_uid, i.ehr_id, i.kind, i.actor, i.template_id, i.patient_id, i.created_at,
       coalesce(i.resolved_at, i.created_at) as committed_at, i.state = 'committed' as confirmed
from written_to w join write_intent i using (ehr_id)
where i.created_at >= w.since and i.created_at < w.until
  and i.state <> 'failed' and i.kind in ('create', 'update', 'delete')
  and ($2::text is null or (i.created_at, i.version_uid)
       > (select a.created_at, a.version_uid from write_intent a where a.version_uid = $2))
order by i.created_at, i.version_uid limit $3
"""
_BEFORE = """
select distinct actor, ehr_id from write_intent
where ehr_id = any($1) and actor = any($2) and created_at < $3 and state = 'committed'
  and kind in ('create', 'update', 'delete')
"""


class PostgresWriteLog:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def during(self, merge: Merge, after: VersionUid | None, limit: int) -> Sequence[WrittenVersion]:
        return [_version(row) for row in await self._pool.fetch(_DURING, merge.merge_id, after, limit)]

    async def wrote_before(
        self, merge: Merge, ehr_ids: frozenset[EhrId], committers: frozenset[str]
    ) -> Mapping[str, frozenset[EhrId]]:
        rows = await self._pool.fetch(_BEFORE, list(ehr_ids), list(committers), merge.decision.at)
        return {
            committer: frozenset(EhrId(row["ehr_id"]) for row in rows if row["actor"] == committer)
            for committer in committers
        }


def _version(row: asyncpg.Record) -> WrittenVersion:
    return WrittenVersion(
        uid=VersionUid(row["version_uid"]),
        ehr_id=EhrId(row["ehr_id"]),
        kind=Kind(row["kind"]),
        committed_at=row["committed_at"],
        committer=row["actor"],
        template_id=TemplateId(row["template_id"]) if row["template_id"] else None,
        named_id=PatientId(row["patient_id"]) if row["patient_id"] else None,
        confirmed=row["confirmed"],
    )
