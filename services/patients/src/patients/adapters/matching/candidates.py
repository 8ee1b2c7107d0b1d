"""Who may be the same person, in one statement and one answer."""

import json
from datetime import date
from typing import Any, LiteralString

from openward_contracts.identifiers import PatientId

from patients.adapters.db import Prisma
from patients.adapters.errors import registry
from patients.domain.duplicates import Findings, Hit
from patients.domain.matching.frequencies import NameFrequencies
from patients.domain.probe import Probe
from patients.domain.record import PatientRecord

#: Of each branch; whoever has more is looked for by the others, and the answer says that it is cut.
MOST_SHARING_A_NUMBER, MOST_ON_A_DAY, MOST_NAMESAKES, MOST_WORDS = 50, 200, 200, 100
#: Rows that one branch may look at: `nguyen` and `thi` have more than a registration can wait for.
MOST_ROWS = 2000
#: Patients whose records are compared.
MOST_HITS = 30


class PrismaCandidates:
    """The CandidateSearch port."""

    def __init__(self, db: Prisma) -> None:
        self._db = db

    async def search(self, probe: Probe, apart_from: PatientId | None) -> Findings:
        async with registry():
            (row,) = await self._db.query_raw(SEARCH, *_parameters(probe), apart_from and str(apart_from))
        return _findings(json.loads(row["found"]))


def _parameters(probe: Probe) -> list[Any]:
    systems, values = _columns(probe.identifiers)
    kinds, keys = _columns(probe.contacts)
    lone_families, lone_givens = _columns(probe.lone)
    days = [day.isoformat() for day in probe.days]
    born, day, swapped, earliest, latest = map(
        _text, (probe.born, probe.day, probe.swapped, probe.earliest, probe.latest)
    )
    return [
        list(probe.families),
        list(probe.givens),
        list(probe.family_edits),
        list(probe.given_edits),
        lone_families,
        lone_givens,
        systems,
        values,
        kinds,
        keys,
        list(probe.lines),
        born,
        day,
        swapped,
        days,
        earliest,
        latest,
        *(probe.call or (None, None)),
    ]


def _columns(pairs: tuple[tuple[str, str], ...]) -> tuple[list[str], list[str]]:
    return [one for one, _ in pairs], [other for _, other in pairs]


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _findings(found: dict[str, Any]) -> Findings:
    namesakes = found["namesakes"] or []
    words = found["words"] or []
    return Findings(
        hits=[_hit(hit) for hit in found["hits"] or []],
        truncated=found["truncated"],
        size=max(0, int(found["size"])),
        namesakes=frozenset(map(PatientId, namesakes)) if len(namesakes) <= MOST_NAMESAKES else None,
        frequencies=NameFrequencies(
            max(0, int(found["names"])),
            *({word: count for kind, word, count in words if kind == side} for side in ("family", "given")),
        ),
    )


def _hit(hit: dict[str, Any]) -> Hit:
    records = tuple(PatientRecord.model_validate(record) for record in hit["records"])
    return Hit(PatientId(hit["id"]), hit["mrn"], hit["restricted"], records)


# `$1` families, `$2` givens, `$3` `$4` their edits, `$5` `$6` lone names, `$7` `$8` identifiers, `$9` `$10`
# phone and e-mail, `$11` address lines, `$12` born, `$13` day, `$14` swapped, `$15` days, `$16` earliest,
# `$17` latest, `$18` `$19` the official name, `$20` whom to leave out.
SEARCH: LiteralString = f"""
with recursive
family_word as materialized (
    select distinct word from name_delete
    where kind = 'family' and key = any ($3::text[]) and word <> all ($1::text[]) limit {MOST_WORDS}),
given_word as materialized (
    select distinct word from name_delete
    where kind = 'given' and key = any ($4::text[]) and word <> all ($2::text[]) limit {MOST_WORDS}),
identifier as materialized (
    select i.patient_id, 60 as score
    from unnest($7::text[], $8::text[]) as k (system, value_key)
    join patient_identifier i using (system, value_key) limit {MOST_SHARING_A_NUMBER}),
contact as materialized (
    select c.patient_id, 18 as score
    from unnest($9::text[], $10::text[]) as k (kind, key)
    join patient_key c using (kind, key) limit {MOST_SHARING_A_NUMBER}),
born as materialized (
    select patient_id, family_key, given_key, birth_date from patient_name
    where birth_date = $13::date
      and (family_key = any ($1::text[]) or given_key = any ($2::text[])
           or family_key in (select word from family_word) or given_key in (select word from given_word)
           or (left(family_key, 1) = any (select left(f, 1) from unnest($1::text[]) f)
               and left(given_key, 1) = any (select left(g, 1) from unnest($2::text[]) g)))
    limit {MOST_ON_A_DAY}),
born_near as materialized (  -- also on a default date
    select patient_id, family_key, given_key, birth_date from patient_name
    where birth_date = any ($15::date[]) and family_key = any ($1::text[]) limit {MOST_ON_A_DAY}),
born_swapped as materialized (
    select patient_id, family_key, given_key, birth_date from patient_name
    where birth_date = $14::date and given_key = any ($2::text[]) limit {MOST_ON_A_DAY}),
named as materialized (
    select * from (
        select patient_id, family_key, given_key, birth_date from patient_name
        where family_key = any ($1::text[]) and given_key = any ($2::text[]) limit {MOST_ROWS}) n
    where $12::date is null or birth_date is null or birth_date between $16::date and $17::date
       or birth_date = any ($15::date[])
    limit {MOST_NAMESAKES}),
named_alone as materialized (
    select n.patient_id, n.family_key, n.given_key, n.birth_date
    from unnest($5::text[], $6::text[]) as k (family_key, given_key)
    join patient_name n using (family_key, given_key)
    where $12::date is null or n.birth_date is null or n.birth_date between $16::date and $17::date
    limit {MOST_NAMESAKES}),
name_swapped as materialized (
    select patient_id, family_key, given_key, birth_date from patient_name
    where family_key = any ($2::text[]) and given_key = any ($1::text[]) limit {MOST_NAMESAKES}),
misspelt as materialized (
    select * from (
        (select n.patient_id, n.family_key, n.given_key, n.birth_date
         from family_word w join patient_name n on n.family_key = w.word and n.given_key = any ($2::text[])
         limit {MOST_ROWS})
        union all
        (select n.patient_id, n.family_key, n.given_key, n.birth_date
         from given_word w join patient_name n on n.given_key = w.word and n.family_key = any ($1::text[])
         limit {MOST_ROWS})) n
    where $12::date is null or birth_date is null or birth_date = any ($15::date[])
       or ($15::date[] = '{{}}' and birth_date between $16::date and $17::date)
    limit {MOST_NAMESAKES}),
neighbour as materialized (
    select k.patient_id, n.family_key, n.given_key, n.birth_date
    from (select patient_id from patient_key where kind = 'line' and key = any ($11::text[])
          limit {MOST_SHARING_A_NUMBER}) k
    join patient_name n on n.patient_id = k.patient_id
        and (n.family_key, n.given_key) in (
            select f, g from unnest($1::text[]) f, unnest($2::text[]) g)),
scored as (
    select patient_id, score from identifier
    union all
    select patient_id, score from contact
    union all
    select patient_id,
           case when family_key = any ($1::text[]) then 8 when family_key = any ($2::text[]) then 5 else 1 end
           + case when given_key = any ($2::text[]) then 7 when given_key = any ($1::text[]) then 5 else 1 end
           + case when birth_date = $12::date then 15 when birth_date is null then 2
                  when birth_date = any ($15::date[]) then 6 else 0 end
    from (table born union all table born_near union all table born_swapped union all table named
          union all table named_alone union all table name_swapped union all table misspelt
          union all table neighbour) n),
best as (
    select patient_id, max(score) as score from scored
    where patient_id is distinct from $20::uuid
    group by patient_id order by score desc, patient_id limit {MOST_HITS + 1}),
chain as (
    select p.id as hit, p.id, p.survivor_id from best b join patient p on p.id = b.patient_id
    union all
    select c.hit, p.id, p.survivor_id from chain c join patient p on p.id = c.survivor_id),
hits as (
    select s.id, s.mrn, bool_or(s.restricted or h.restricted) as restricted,
           jsonb_agg(h.record)
           || case when bool_or(h.id = s.id) then '[]' else jsonb_build_array(s.record) end as records
    from chain c join patient s on s.id = c.id join patient h on h.id = c.hit
    where c.survivor_id is null and s.matchable and (h.matchable or h.id <> s.id)
      and s.id is distinct from $20::uuid
    group by s.id),
namesakes as (
    select patient_id from patient_name
    where family_key = $18 and given_key = $19
      and (birth_date = $12::date or ($12::date is null and birth_date is null))
    limit {MOST_NAMESAKES + 1})
select json_build_object(
    'hits', (select json_agg(json_build_object('id', id, 'mrn', mrn, 'restricted', restricted,
                                               'records', records)) from hits),
    'truncated', (select count(*) from best) > {MOST_HITS}
        or (select count(*) from contact) = {MOST_SHARING_A_NUMBER}
        or (select count(*) from born) = {MOST_ON_A_DAY}
        or (select count(*) from born_near) = {MOST_ON_A_DAY}
        or (select count(*) from born_swapped) = {MOST_ON_A_DAY}
        or (select count(*) from named) = {MOST_NAMESAKES}
        or (select count(*) from named_alone) = {MOST_NAMESAKES}
        or (select count(*) from name_swapped) = {MOST_NAMESAKES}
        or (select count(*) from misspelt) = {MOST_NAMESAKES}
        or (select count(*) from family_word) = {MOST_WORDS}
        or (select count(*) from given_word) = {MOST_WORDS},
    'namesakes', (select json_agg(patient_id) from namesakes),
    'size', (select reltuples from pg_class where oid = 'patient'::regclass),
    'names', (select reltuples from pg_class where oid = 'patient_name'::regclass),
    'words', (select json_agg(json_build_array(kind, word, frequency)) from name_word
              where (kind, word) in (
                  select 'family', f from unnest($1::text[]) f
                  union all select 'given', g from unnest($2::text[]) g
                  union all select 'family', word from family_word
                  union all select 'given', word from given_word))
)::text as found
"""  # noqa: S608  numbers of this module
