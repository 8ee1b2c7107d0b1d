"""SQL of merges. `$1` is the JSON document that `merges` makes of a step."""

from typing import LiteralString

#: One merge or unmerge at a time, until the transaction ends: what is linked does not change under it.
LOCK: LiteralString = "select pg_advisory_xact_lock(hashtextextended('openward.merge', 0))"

# The rows are locked in the order of their ids. A version that has moved is not found: `_ALL` refuses it all.
_PATIENTS: LiteralString = """
    with recursive w as (  -- both as they are to be
        select * from jsonb_to_recordset($1::jsonb -> 'patients')
            as w (id uuid, version int, survivor_id uuid, updated_at timestamptz, updated_by jsonb,
                  changed text[], reason text)),
    old as (
        select patient.* from patient, w
        where patient.id = w.id and patient.version = w.version - 1
        order by patient.id for update of patient),
    history as (
        insert into patient_version (patient_id, version, record, survivor_id, updated_at, updated_by,
                                     changed, reason)
        select id, version, record, survivor_id, updated_at, updated_by, changed, reason from old),
    p as (
        update patient set (version, survivor_id, updated_at, updated_by, changed, reason)
            = (w.version, w.survivor_id, w.updated_at, w.updated_by, w.changed, w.reason)
        from old, w where patient.id = old.id and w.id = old.id
        returning patient.id),
    member as (  -- who is merged into the source
        select ($1::jsonb ->> 'source_id')::uuid as id
        union all
        select m.source_id from member join merge m on m.target_id = member.id and m.unmerged_at is null),
    label as (  -- what the decision says of the pair outlives a new run of the matching
        update match_pair set state = l.state, decided_at = l.decided_at, decided_by = l.decided_by,
                              reason = l.reason
        from jsonb_to_record($1::jsonb -> 'label')
            as l (one uuid, other uuid, state text, decided_at timestamptz, decided_by jsonb, reason text)
        where match_pair.low_id = least(l.one, l.other) and match_pair.high_id = greatest(l.one, l.other)
          and match_pair.state <> l.state),
    event as (
        insert into outbox_event (event_id, subject, aggregate_id, aggregate_version, headers, payload)
        select e.event_id, e.subject, e.aggregate_id, e.aggregate_version, e.headers,
               decode(e.payload, 'base64')
        from jsonb_to_recordset($1::jsonb -> 'events')
            as e (event_id uuid, subject text, aggregate_id text, aggregate_version bigint,
                  headers jsonb, payload text)),
"""

_ALL: LiteralString = """
    select refuse('stale') from (
        select (select count(*) from p) as patients,
               (select count(*) from decision) as decisions,
               array(select id from member order by id) as members,
               array(select value::uuid from jsonb_array_elements_text($1::jsonb -> 'members')
                     order by 1) as expected) as written
    where patients <> 2 or decisions <> 1 or members <> expected
"""

_DECISION: LiteralString = """
    d as (
        select * from jsonb_to_record($1::jsonb -> 'merge')
            as d (id uuid, source_id uuid, target_id uuid, source_version int, target_version int, state text,
                  reason text, decided_at timestamptz, decided_by jsonb)),
"""

MERGE: LiteralString = (
    _PATIENTS  # noqa: S608  all of it is in this module
    + _DECISION
    + """
    decision as (
        insert into merge (id, source_id, target_id, source_version, target_version, state, reason, merged_at,
                           merged_by)
        select id, source_id, target_id, source_version, target_version, state, reason, decided_at, decided_by
        from d returning id)
"""
    + _ALL
)

UNMERGE: LiteralString = (
    _PATIENTS  # noqa: S608  all of it is in this module
    + _DECISION
    + """
    queue as (  -- nobody was compared with the source while it was merged
        insert into match_queue (patient_id, origin)
        select patient.id, 'update' from patient join d on d.source_id = patient.id where patient.matchable),
    decision as (
        update merge set (state, unmerge_reason, unmerged_at, unmerged_by)
            = (d.state, d.reason, d.decided_at, d.decided_by)
        from d where merge.id = d.id and merge.unmerged_at is null
        returning merge.id)
"""
    + _ALL
)

CONNECTED: LiteralString = """
    with recursive member as (
        select $1::uuid as id
        union
        select case m.source_id when member.id then m.target_id else m.source_id end
        from member join merge m on m.source_id = member.id or m.target_id = member.id)
    select distinct m.id::text from merge m join member on m.source_id = member.id
"""

#: Of `$2`, `$3` and back in time; `$4`: those with a restricted patient, too.
PAGE: LiteralString = """
    select m.id::text from merge m
    join patient s on s.id = m.source_id
    join patient t on t.id = m.target_id
    where (m.source_id = $1::uuid or m.target_id = $1::uuid)
      and ($2::text is null or (m.merged_at, m.id) < ($2::timestamptz, $3::uuid))
      and ($4::boolean or not (s.restricted or t.restricted))
    order by m.merged_at desc, m.id desc
    limit $5::int
"""
