-- Change capture inside EHRbase's own database: whatever commits a version, or removes one for good, commits its row in
-- evt.ehr_event too, whoever made the change and by whatever way. Run as a superuser in one transaction, as often as you
-- like; `openward.digest` is this file's SHA-256. A change to this file is a new version below.
--
-- How EHRbase writes (Flyway versions 20 and 27): a new version is a new row in <kind>_version; an update moves the row
-- that was there to <kind>_version_history; a deletion moves it too and adds a history row with sys_deleted. Only its
-- admin API removes history rows, or a head row without leaving a history row.

set local lock_timeout = '10s'; -- the triggers need each table for a moment; behind a waiting lock everybody waits

do $$
begin
    if not exists (select from pg_roles where rolname = 'evt_owner') then
        create role evt_owner nologin;
    end if;
end $$;
create schema if not exists evt authorization evt_owner;
grant usage on schema ehr to evt_owner;
grant select on ehr.audit_details, ehr.users, ehr.template_store, ehr.ehr, ehr.flyway_schema_history,
    ehr.comp_version, ehr.comp_version_history, ehr.ehr_status_version_history, ehr.ehr_folder_version_history,
    ehr.ehr_status_data
    to evt_owner;

set local role evt_owner;

create table if not exists evt.installed (
    version      int primary key,
    digest       text        not null,
    installed_at timestamptz not null default now()
);
do $$
begin
    if exists (select from evt.installed where version > 1) then
        raise exception 'the schema evt is of a later release';
    end if;
end $$;
insert into evt.installed (version, digest) values (1, current_setting('openward.digest'))
    on conflict (version) do update set digest = excluded.digest, installed_at = excluded.installed_at;

-- Schema versions of EHRbase with which this capture was tested: 2.16.0 and 2.31.0.
create table if not exists evt.tested_flyway (version int primary key);
insert into evt.tested_flyway values (20), (27) on conflict do nothing;

-- One row per committed change, until the relay has published it. Ids of one object follow its changes, because EHRbase
-- holds the object's row lock until the commit.
create table if not exists evt.ehr_event (
    id              bigint generated always as identity primary key,
    xid             xid8        not null default pg_current_xact_id(),
    op              text        not null check (op in ('version', 'deleted', 'physical_delete')),
    vo_kind         text        not null check (vo_kind in ('comp', 'ehr_status', 'ehr_folder')),
    vo_id           uuid        not null,
    sys_version     int         not null,
    ehr_id          uuid        not null,
    contribution_id uuid        not null,
    folder_index    int,         -- of a directory, as EHRbase numbers them: 1 is the one its REST API knows
    template_id     text,        -- of a composition
    committed_at    timestamptz, -- as the version's audit says; null for physical deletion, which has no audit
    committer       text,        -- name given with a contribution, else EHRbase's login; null for physical deletion
    captured_at     timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What the relay has published, as it published it, with the place it got: the source of replays.
create table if not exists evt.ehr_event_sent (
    id              bigint primary key,
    event_id        uuid        not null unique,
    subject         text        not null,
    stream          text        not null,
    stream_seq      bigint      not null,
    headers         jsonb       not null,
    payload         bytea       not null,
    op              text        not null,
    vo_kind         text        not null,
    vo_id           uuid        not null,
    sys_version     int         not null,
    ehr_id          uuid        not null,
    contribution_id uuid        not null,
    created_at      timestamptz not null,
    sent_at         timestamptz not null default now()
);
create index if not exists ehr_event_sent_stream_seq on evt.ehr_event_sent (stream, stream_seq);

-- How often versions of compositions were removed for good from an EHR: others may have their uids since.
create table if not exists evt.ehr_erasure (
    ehr_id uuid primary key,
    times  bigint not null
);

create or replace function evt.append(
    op text, kind text, vo_id uuid, sys_version int, ehr_id uuid, contribution_id uuid, audit_id uuid,
    template uuid, folder_index int
) returns void language sql as $$
    insert into evt.ehr_event (op, vo_kind, vo_id, sys_version, ehr_id, contribution_id, folder_index,
                               template_id, committed_at, committer)
    select $1, $2, $3, $4, $5, $6, $9,
           (select t.template_id from ehr.template_store t where t.id = $8),
           a.time_committed,
           coalesce(a.committer ->> 'name', (select u.username from ehr.users u where u.id = a.user_id))
    from (select) this left join ehr.audit_details a on a.id = $7 and $1 <> 'physical_delete'
$$;

create or replace function evt.count_erasure(kind text, ehr_id uuid) returns void language sql as $$
    insert into evt.ehr_erasure as known (ehr_id, times) select $2, 1 where $1 = 'comp'
    on conflict (ehr_id) do update set times = known.times + 1
$$;

-- Arguments of the trigger: kind, op.
create or replace function evt.capture() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    kind constant text := tg_argv[0];
    version record;
    template uuid;
    folder_index int;
begin
    if tg_op = 'DELETE' then version := old; else version := new; end if;
    if kind = 'comp' then template := version.template_id; end if;
    if kind = 'ehr_folder' then folder_index := version.ehr_folders_idx; end if;
    perform evt.append(tg_argv[1], kind, version.vo_id, version.sys_version, version.ehr_id,
                       version.contribution_id, version.audit_id, template, folder_index);
    if tg_argv[1] = 'physical_delete' then perform evt.count_erasure(kind, version.ehr_id); end if;
    return null;
end $$;

-- A head row that is gone at the commit without a history row of its version was removed for good.
create or replace function evt.capture_lost_head() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    kind constant text := tg_argv[0];
    kept boolean;
    template uuid;
    folder_index int;
begin
    execute format('select exists (select from ehr.%I where ehr_id = $1 and vo_id = $2 and sys_version = $3)',
                   tg_table_name || '_history') into kept using old.ehr_id, old.vo_id, old.sys_version;
    if not kept then
        if kind = 'comp' then template := old.template_id; end if;
        if kind = 'ehr_folder' then folder_index := old.ehr_folders_idx; end if;
        perform evt.append('physical_delete', kind, old.vo_id, old.sys_version, old.ehr_id,
                           old.contribution_id, old.audit_id, template, folder_index);
        perform evt.count_erasure(kind, old.ehr_id);
    end if;
    return null;
end $$;

-- Of each composition its latest version, and whose contribution made the version that is asked for, the latest if none is
-- named, and when. No row: there is no such composition, or it was removed for good; no contribution: no such version.
create or replace function evt.composition_heads(objects uuid[], versions int[])
returns table (vo_id uuid, asked int, ehr_id uuid, template_id text, sys_version int, deleted boolean,
               contribution_id uuid, committed_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    found int;
begin
    -- Nearly always it is the latest version that is asked for, and not deleted.
    return query
        select a.vo_id, a.version, h.ehr_id, t.template_id, h.sys_version, false, h.contribution_id, d.time_committed
        from unnest(objects, versions) a (vo_id, version)
        join ehr.comp_version h on h.vo_id = a.vo_id and (a.version is null or a.version = h.sys_version)
        left join ehr.audit_details d on d.id = h.audit_id
        left join ehr.template_store t on t.id = h.template_id;
    get diagnostics found = row_count;
    if found = cardinality(objects) then
        return;
    end if;
    return query
        select a.vo_id, a.version, head.ehr_id, t.template_id, head.sys_version, head.deleted,
               shown.contribution_id, d.time_committed
        from unnest(objects, versions) a (vo_id, version)
        cross join lateral (
            select h.ehr_id, h.template_id, h.sys_version, false as deleted
            from ehr.comp_version h where h.vo_id = a.vo_id
            union all
            (select h.ehr_id, h.template_id, h.sys_version, true
             from ehr.comp_version_history h
             where h.vo_id = a.vo_id and h.sys_deleted order by h.sys_version desc limit 1)
            order by sys_version desc limit 1
        ) head
        left join lateral (
            select h.contribution_id, h.audit_id from ehr.comp_version_history h
            where h.vo_id = a.vo_id and h.sys_version = coalesce(a.version, head.sys_version)
        ) shown on true
        left join ehr.audit_details d on d.id = shown.audit_id
        left join ehr.template_store t on t.id = head.template_id
        where head.deleted or a.version <> head.sys_version; -- else it is among the first
end $$;

-- The compositions of these EHRs as they are now, the last committed first: `most` of them, of one template if it is named,
-- after the one at that place if there is one. First those of the EHRs, then their order: for few rows the planner would
-- walk through everybody's by their time.
create or replace function evt.compositions(ehr_ids uuid[], template text, before timestamptz, before_id uuid, most int)
returns table (vo_id uuid, ehr_id uuid, template_id text, sys_version int, committed_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with theirs as materialized (
        select h.vo_id, h.ehr_id, t.template_id, h.sys_version, h.sys_period_lower as committed_at
        from ehr.comp_version h join ehr.template_store t on t.id = h.template_id
        where h.ehr_id = any ($1) and ($2 is null or t.template_id = $2)
    )
    select * from theirs
    where $3 is null or (committed_at, vo_id) < ($3, $4)
    order by committed_at desc, vo_id desc
    limit $5
$$;

-- All versions of a composition, the latest first; none is left of what was removed for good. When a deletion was
-- committed its audit alone tells: its period begins with that of the version that it deletes.
create or replace function evt.composition_versions(object uuid)
returns table (ehr_id uuid, template_id text, sys_version int, deleted boolean, committed_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select v.ehr_id, t.template_id, v.sys_version, v.deleted, coalesce(d.time_committed, v.committed_at)
    from (select h.ehr_id, h.template_id, h.sys_version, false as deleted, h.sys_period_lower as committed_at, h.audit_id
          from ehr.comp_version h where h.vo_id = $1
          union all
          select h.ehr_id, h.template_id, h.sys_version, h.sys_deleted, h.sys_period_lower, h.audit_id
          from ehr.comp_version_history h where h.vo_id = $1) v
    left join ehr.template_store t on t.id = v.template_id
    left join ehr.audit_details d on v.deleted and d.id = v.audit_id
    order by v.sys_version desc
$$;

-- Of each of these EHRs, named once, what tells all versions of its compositions from any others: how many there are, the
-- sum of a number of each, and how often some were removed for good. A new version changes it, a deletion, a removal,
-- another name of a template. It is asked for at each read: of the latest versions an index says it all. The functions of
-- the sum are as old as PostgreSQL 11.
create or replace function evt.ehr_fingerprints(ehr_ids uuid[]) returns table (ehr_id uuid, fingerprint text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with of_template as (
        select v.ehr_id, v.template_id, count(*) as versions, sum(uuid_hash_extended(v.vo_id, v.kind)) as hash
        from (select h.ehr_id, h.vo_id, h.template_id, 2 * h.sys_version::int8 as kind
              from ehr.comp_version h where h.ehr_id = any ($1)
              union all
              select h.ehr_id, h.vo_id, h.template_id, 2 * h.sys_version::int8 + h.sys_deleted::int
              from ehr.comp_version_history h where h.ehr_id = any ($1)) v
        group by v.ehr_id, v.template_id
    ), of_ehr as (
        select o.ehr_id, sum(o.versions) as versions,
               sum(o.hash + o.versions::numeric * hashtextextended(coalesce(t.template_id, ''), 0)) as hash
        from of_template o left join ehr.template_store t on t.id = o.template_id
        group by o.ehr_id
    )
    select e.ehr_id, format('%s:%s:%s', coalesce(o.versions, 0), coalesce(o.hash, 0), coalesce(r.times, 0))
    from unnest($1) e (ehr_id)
    left join of_ehr o using (ehr_id)
    left join evt.ehr_erasure r using (ehr_id)
$$;

-- All versions of all compositions of an EHR, and until when each was the latest.
create or replace function evt.ehr_versions(ehr_id uuid)
returns table (vo_id uuid, template_id text, sys_version int, deleted boolean, committed_at timestamptz,
               replaced_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select v.vo_id, t.template_id, v.sys_version, v.deleted, coalesce(d.time_committed, v.committed_at),
           lead(coalesce(d.time_committed, v.committed_at)) over (partition by v.vo_id order by v.sys_version)
    from (select h.vo_id, h.template_id, h.sys_version, false as deleted, h.sys_period_lower as committed_at, h.audit_id
          from ehr.comp_version h where h.ehr_id = $1
          union all
          select h.vo_id, h.template_id, h.sys_version, h.sys_deleted, h.sys_period_lower, h.audit_id
          from ehr.comp_version_history h where h.ehr_id = $1) v
    left join ehr.template_store t on t.id = v.template_id
    left join ehr.audit_details d on v.deleted and d.id = v.audit_id
$$;

-- Those of these EHRs whose EHR_STATUS does not allow queries. EHRbase stores RM attributes by aliases of two letters.
create or replace function evt.unqueryable(ehr_ids uuid[]) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select d.ehr_id from ehr.ehr_status_data d
    where d.ehr_id = any ($1) and d.num = 0 and d.data ->> 'iq' is distinct from 'true'
$$;

-- Whether this version is the deletion of the EHR's directory, which EHRbase's API shows to nobody.
create or replace function evt.directory_deleted(ehr_id uuid, vo_id uuid, sys_version int) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from ehr.ehr_folder_version_history h
                   where h.ehr_id = $1 and h.vo_id = $2 and h.sys_version = $3 and h.sys_deleted)
$$;

-- May the capture be relied on? Yes, if `tested` and nothing is `missing`.
create or replace function evt.trigger_state()
returns table (flyway_version int, tested boolean, enabled text[], missing text[])
language sql stable security definer rows 1 set search_path = pg_catalog, pg_temp as $$
    with flyway as (
        select split_part(version, '.', 1)::int as version, success
        from ehr.flyway_schema_history where version is not null order by installed_rank desc limit 1
    ), wanted as (
        select format('%s_version%s', kind, place.suffix) as relation, place.trigger
        from unnest(array['comp', 'ehr_status', 'ehr_folder']) kind,
             (values ('', 'evt_version'), ('', 'evt_lost_head'),
                     ('_history', 'evt_deleted'), ('_history', 'evt_lost_history')) place (suffix, trigger)
    ), state as (
        select w.relation || '.' || w.trigger as name, exists (
            select from pg_trigger t
            where t.tgrelid = to_regclass('ehr.' || w.relation) and t.tgname = w.trigger and t.tgenabled in ('O', 'A')
        ) as enabled
        from wanted w
    )
    select (select version from flyway),
           coalesce((select f.success and f.version in (select version from evt.tested_flyway) from flyway f), false),
           (select coalesce(array_agg(name order by name), '{}') from state where state.enabled),
           (select coalesce(array_agg(name order by name), '{}') from state where not state.enabled)
$$;

-- Forgets up to `batch` of what was published longer ago than `older_than`, and never what is less than a day old:
-- a stream that lost its end is repaired from here. Answers how many rows were forgotten.
create or replace function evt.purge_sent(older_than interval, batch int) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
    with oldest as (
        select id, sent_at from evt.ehr_event_sent order by id limit $2
    ), gone as (
        delete from evt.ehr_event_sent s using oldest o
        where s.id = o.id and o.sent_at < now() - greatest($1, interval '1 day') returning s.id
    )
    select count(*) from gone
$$;

revoke all on all functions in schema evt from public;

grant usage on schema evt to clinical_evt;
grant execute on function evt.directory_deleted(uuid, uuid, int) to clinical_evt;
grant select, delete on evt.ehr_event to clinical_evt;
grant select, insert on evt.ehr_event_sent to clinical_evt;
grant execute on function evt.unqueryable(uuid[]), evt.composition_versions(uuid),
    evt.compositions(uuid[], text, timestamptz, uuid, int) to clinical_evt;
grant execute on function evt.ehr_fingerprints(uuid[]), evt.ehr_versions(uuid) to clinical_evt;
grant execute on function evt.composition_heads(uuid[], int[]), evt.trigger_state(),
    evt.purge_sent(interval, int) to clinical_evt;

reset role;

-- EHRbase itself looks there by composition only.
create index if not exists evt_ehr on ehr.comp_version_history (ehr_id)
    include (vo_id, sys_version, sys_deleted, template_id);

do $$
declare
    kind text;
begin
    foreach kind in array array['comp', 'ehr_status', 'ehr_folder'] loop
        execute format('drop trigger if exists evt_version on ehr.%I', kind || '_version');
        execute format('create trigger evt_version after insert on ehr.%I '
                       'for each row execute function evt.capture(%L, %L)', kind || '_version', kind, 'version');

        execute format('drop trigger if exists evt_lost_head on ehr.%I', kind || '_version');
        execute format('create constraint trigger evt_lost_head after delete on ehr.%I '
                       'deferrable initially deferred '
                       'for each row execute function evt.capture_lost_head(%L)', kind || '_version', kind);

        execute format('drop trigger if exists evt_deleted on ehr.%I', kind || '_version_history');
        execute format('create trigger evt_deleted after insert on ehr.%I for each row when (new.sys_deleted) '
                       'execute function evt.capture(%L, %L)', kind || '_version_history', kind, 'deleted');

        execute format('drop trigger if exists evt_lost_history on ehr.%I', kind || '_version_history');
        execute format('create trigger evt_lost_history after delete on ehr.%I '
                       'for each row execute function evt.capture(%L, %L)',
                       kind || '_version_history', kind, 'physical_delete');
    end loop;
end $$;
