"""SQL of the registry's writes: each is one statement, so all of it is committed or none.

Prisma would need a query for every table; a registration writes eight. `$1` is a JSON document of `rows`.
"""

from typing import LiteralString

# A word that is there already brings nothing to the dictionary.
_DICTIONARY: LiteralString = """
    word as (
        insert into name_word (kind, word)
        select kind, word from admitted, jsonb_to_recordset($1::jsonb -> 'words') as w (kind text, word text)
        where ok order by kind, word
        on conflict do nothing returning kind, word),
    deletion as (
        insert into name_delete (kind, key, word)
        select d.kind, d.key, d.word
        from jsonb_to_recordset($1::jsonb -> 'deletes') as d (kind text, key text, word text)
        join word using (kind, word)
        on conflict do nothing),
"""

_KEYS: LiteralString = """
    name as (
        insert into patient_name (family_key, given_key, patient_id, birth_date)
        select n.family_key, n.given_key, p.id, p.birth_date
        from p, jsonb_to_recordset($1::jsonb -> 'names') as n (family_key text, given_key text)
        on conflict (family_key, given_key, patient_id) do update set birth_date = excluded.birth_date),
    key as (
        insert into patient_key (kind, key, patient_id)
        select k.kind, k.key, p.id
        from p, jsonb_to_recordset($1::jsonb -> 'keys') as k (kind text, key text)),
    identifier as (
        insert into patient_identifier (system, value_key, holder, patient_id)
        select i.system, i.value_key, i.holder, p.id
        from p, jsonb_to_recordset($1::jsonb -> 'identifiers')
            as i (system text, value_key text, holder text)),
"""

_EVENT: LiteralString = """
    event as (
        insert into outbox_event (event_id, subject, aggregate_id, aggregate_version, headers, payload)
        select e.event_id, e.subject, e.aggregate_id, e.aggregate_version, e.headers,
               decode(e.payload, 'base64')
        from p, jsonb_to_record($1::jsonb -> 'event')
            as e (event_id uuid, subject text, aggregate_id text, aggregate_version bigint,
                  headers jsonb, payload text))
"""

# Nothing is written before the registration is admitted, so that nobody waits for whoever waits here.
ADD: LiteralString = (
    """with
    admitted as materialized (
        select coalesce(
            (select admit(a.family, a.given, a.born, a.known)
             from jsonb_to_record($1::jsonb -> 'admit')
                as a (family text, given text, born date, known uuid[])
             where $1::jsonb ? 'admit'), true) as ok),
    """  # noqa: S608  all of it is in this module
    + _DICTIONARY
    + """
    p as (
        insert into patient (id, mrn, record, gender, birth_date, active, restricted, matchable, ehr_id,
                             created_at, updated_at, updated_by, changed, reason)
        select id, mrn, record, gender, birth_date, active, restricted, matchable, ehr_id,
               updated_at, updated_at, updated_by, '{}', reason
        from admitted, jsonb_to_record($1::jsonb -> 'patient')
            as r (id uuid, mrn text, record jsonb, gender text, birth_date date, active boolean,
                  restricted boolean, matchable boolean, ehr_id uuid, updated_at timestamptz,
                  updated_by jsonb, reason text)
        where ok
        returning id, birth_date),
    pair as (
        insert into match_pair (low_id, high_id, state, weight, comparison, model, origin, decided_at,
                                decided_by, reason)
        select r.low_id, r.high_id, r.state, r.weight, r.comparison, r.model, r.origin, r.decided_at,
               r.decided_by, r.reason
        from p, jsonb_to_recordset($1::jsonb -> 'pairs')
            as r (low_id uuid, high_id uuid, state text, weight float8, comparison jsonb, model text,
                  origin text, decided_at timestamptz, decided_by jsonb, reason text)),
"""
    + _KEYS
    + _EVENT
    + "select count(*)::int as written from p"
)

# The row lock puts the events of one patient in the order of their versions. `old` is read again after it.
UPDATE: LiteralString = (
    "with admitted as (select true as ok),"  # noqa: S608  all of it is in this module
    + _DICTIONARY
    + """
    r as (  -- what is to be
        select * from jsonb_to_record($1::jsonb -> 'patient')
            as r (id uuid, version int, record jsonb, gender text, birth_date date, active boolean,
                  restricted boolean, matchable boolean, updated_at timestamptz, updated_by jsonb,
                  changed text[], reason text)),
    old as (
        select patient.* from patient, r
        where patient.id = r.id and patient.version = r.version - 1 for update of patient),
    history as (
        insert into patient_version (patient_id, version, record, survivor_id, updated_at, updated_by,
                                     changed, reason)
        select id, version, record, survivor_id, updated_at, updated_by, changed, reason from old),
    p as (
        update patient set (version, record, gender, birth_date, active, restricted, matchable, updated_at,
                            updated_by, changed, reason)
            = (r.version, r.record, r.gender, r.birth_date, r.active, r.restricted, r.matchable,
               r.updated_at, r.updated_by, r.changed, r.reason)
        from old, r where patient.id = old.id
        returning patient.id, patient.birth_date),
    queue as (
        insert into match_queue (patient_id, origin)
        select p.id, 'update' from p where ($1::jsonb ->> 'rematch')::boolean),
    gone_name as (
        delete from patient_name n
        using p, jsonb_to_recordset($1::jsonb -> 'gone_names') as g (family_key text, given_key text)
        where (n.family_key, n.given_key, n.patient_id) = (g.family_key, g.given_key, p.id)),
    gone_key as (
        delete from patient_key k
        using p, jsonb_to_recordset($1::jsonb -> 'gone_keys') as g (kind text, key text)
        where (k.kind, k.key, k.patient_id) = (g.kind, g.key, p.id)),
    gone_identifier as (
        delete from patient_identifier i
        using p, jsonb_to_recordset($1::jsonb -> 'gone_identifiers')
            as g (system text, value_key text, holder text)
        where (i.system, i.value_key, i.holder, i.patient_id) = (g.system, g.value_key, g.holder, p.id)),
"""
    + _KEYS
    + _EVENT
    + "select count(*)::int as written from p"
)

TAKEN: LiteralString = """
    select distinct i.system
    from jsonb_to_recordset($1::jsonb) as i (system text, value_key text, holder text)
    join patient_identifier p using (system, value_key, holder)
    where p.patient_id <> $2::uuid
    order by i.system
"""
