-- What EHRbase needs before its own migrations run (its createdb.sql, with fewer rights): `ehrbase` migrates,
-- `ehrbase_restricted` runs, `clinical_evt` sees the schema evt and nothing else. Run in EHRbase's database, as often as
-- you like.
do $$
begin
    execute format('revoke all on database %I from public', current_database());
    -- temporary: its migration V25 makes a function in pg_temp
    execute format('grant connect, temporary on database %I to ehrbase', current_database());
    execute format('grant connect on database %I to ehrbase_restricted, clinical_evt', current_database());
    execute format('alter database %I set search_path to ext', current_database());
    execute format('alter database %I set intervalstyle to iso_8601', current_database());
end $$;

revoke all on schema public from public;

create schema if not exists ehr authorization ehrbase;
create schema if not exists ext authorization ehrbase;
create extension if not exists "uuid-ossp" schema ext;
grant usage on schema ehr, ext to ehrbase_restricted;
alter default privileges for role ehrbase in schema ehr
    grant select, insert, update, delete on tables to ehrbase_restricted;
alter default privileges for role ehrbase in schema ehr
    grant select on sequences to ehrbase_restricted;

-- PostgreSQL expects 1000 rows of this function; with 1 EHRbase's AQL gets usable plans.
alter function pg_catalog.jsonb_path_query(jsonb, jsonpath, jsonb, boolean) rows 1;
