"""Values of measurements, in the tables of what is recorded (ADR 34)."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import asyncpg
from openward_contracts.identifiers import EhrId, TemplateId

from clinical.adapters.many_rows import made
from clinical.adapters.planned_anew import planned_anew
from clinical.adapters.recorded_entries import entry_of
from clinical.domain.measurements import Node
from clinical.domain.series import Found, Held, Part, Wanted
from clinical.domain.step import ORIGIN, Step

#: Values, or parts.
_AT_ONCE: Final = 500

#: As known at {at}; without it, now.
_HOLDS: Final = "(v.replaced_at is null or v.replaced_at > {at}) and ({at} is null or v.committed_at <= {at})"
#: An entry tells first whom it is about, if that is not the patient: a foetus, a donor.
_OF_PATIENT: Final = """(
    select true from recorded_value s
    where s.object_id = v.object_id and s.version = v.version and s.position = v.position and s.ordinal = 0
      and s.node like '%/subject/relationship') is null
"""
_WHERE: Final = """
where v.ehr_id = any ($1) and v.node = any ($2) and v.magnitude is not null
  and exists (select from unnest ($2::text[], $3::text[]) n (node, code)
              where n.node = v.node and (n.code is null or v.beside @> array[n.code]))
  and coalesce(v.template_id, '') = any ($4)
  and ($5::timestamptz is null or v.at >= $5) and ($6::timestamptz is null or v.at < $6)
  and {holds} and {of_patient}
""".format(holds=_HOLDS.format(at="$7::timestamptz"), of_patient=_OF_PATIENT)
#: The same in every answer: of what is of one time, what was committed later is later.
_ORDER: Final = "v.at {0}, v.committed_at {0}, v.object_id {0}, v.position {0}, v.ordinal {0}"
#: Joined for each value by the whole key: of other ways a database that knows little of its tables may choose
#: one that reads all of them. So it is with scalar subqueries.
_ITS_ENTRY: Final = """
cross join lateral (
    select e.rm_type, e.archetype_id, e.name, e.path, e.sections,
           jsonb_build_array(e.values -> v.ordinal) as values
    from recorded_entry e
    where e.object_id = v.object_id and e.version = v.version and e.position = v.position limit 1
) e
"""
_POINTS: Final = """
select v.*, e.*
from (select v.object_id, v.version, v.position, v.ordinal, v.ehr_id, v.template_id, v.at, v.committed_at
      from recorded_value v {where} order by {newest_first} limit $8) v
{its_entry}
order by {newest_first}
"""
#: Told as `<` or the like (RM, DV_QUANTIFIED.magnitude_status). Its text begins with that; an ordinal's may,
#: too, so the few whose text does are looked at.
_BOUNDED: Final = """
case when v.text ~ '^[<>~]' then (
    select e.values -> v.ordinal -> 'content' ->> 'magnitude_status' <> '=' from recorded_entry e
    where e.object_id = v.object_id and e.version = v.version and e.position = v.position
) end
"""
#: What is beyond 1e290, and no measurement, counts as that in a sum: none is more than a double can hold.
_PARTS: Final = """
select start, units, count(*) as count, sum(greatest(least(magnitude, 1e290), -1e290)) as total,
       min(magnitude) as low, max(magnitude) as high, min(at) as first_at, max(at) as last_at,
       (array_agg(magnitude order by number))[1] as first,
       (array_agg(magnitude order by number desc))[1] as last,
       count(*) filter (where bounded) as bounded
from (select {start} as start, v.units, v.magnitude, v.at, {bounded} as bounded,
             row_number() over (order by {oldest_first}) number
      from recorded_value v {where}) found
group by start, units order by start limit $8
"""
_OF_LENGTH: Final = "date_bin($9::interval, v.at, $10::timestamptz)"
_OF_MONTHS: Final = """($10::timestamptz at time zone 'UTC' + make_interval(months => $9::int * floor(
    (12 * (extract(year from v.at at time zone 'UTC') - 2001)
     + extract(month from v.at at time zone 'UTC') - 1) / $9::int)::int)) at time zone 'UTC'
"""
_EXTENT: Final = "select min(v.at), max(v.at) from recorded_value v {where}"
_HELD: Final = """
select v.ehr_id, v.template_id, count(*) filter (where v.unreadable) as unreadable
from recorded_version v
where v.ehr_id = any ($1) and not v.deleted and {holds}
group by v.ehr_id, v.template_id
"""


#: One for each EHR and node: each is one step in the index. What is of a time to come was mistyped, and would
#: be the latest until then; a minute is left to clocks that are ahead. Of a `case` the database takes it that
#: half of the values pass; of what is in it, that next to none do, and it would read all of them.
_NEWEST: Final = """
select n.number, v.*, e.*
from unnest($1::uuid[], $2::jsonb[]) r (ehr_id, templates)
cross join unnest($3::text[], $4::text[]) with ordinality n (node, code, number)
cross join lateral (
    select v.object_id, v.version, v.position, v.ordinal, v.ehr_id, v.template_id, v.at, v.committed_at
    from recorded_value v
    where v.ehr_id = r.ehr_id and v.node = n.node and {holds}
      and case when n.code is not null and not v.beside @> array[n.code] then false
               when r.templates ? coalesce(v.template_id, '') then {of_patient}
               else false end
      and v.at <= coalesce($5::timestamptz, now() + interval '1 minute')
      and ($6::timestamptz is null or v.at >= $6)
    order by {newest_first} limit 1
) v
{its_entry}
"""


class PostgresMeasured:
    """The Measured port, and the Newest."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def held(self, ehr_ids: Collection[EhrId], as_of: datetime | None) -> Sequence[Held]:
        sql = _HELD.format(holds=_HOLDS.format(at="$2::timestamptz"))
        rows = await self._pool.fetch(sql, list(ehr_ids), as_of)
        return [
            Held(_ehr_id(row["ehr_id"]), _template_id(row["template_id"]), row["unreadable"]) for row in rows
        ]

    async def points(self, wanted: Wanted, limit: int) -> Sequence[Found]:
        sql = _POINTS.format(where=_WHERE, its_entry=_ITS_ENTRY, newest_first=_ORDER.format("desc"))
        rows = await planned_anew(self._pool, sql, *_arguments(wanted), limit)
        return await made(found, rows[::-1], _AT_ONCE)

    async def parts(self, wanted: Wanted, step: Step, limit: int) -> Sequence[Part]:
        start, size = (_OF_MONTHS, step.months) if step.months else (_OF_LENGTH, step.length)
        start = f"greatest({start}, timestamptz '0001-01-01 00:00Z')"
        sql = _PARTS.format(start=start, where=_WHERE, bounded=_BOUNDED, oldest_first=_ORDER.format("asc"))
        rows = await planned_anew(self._pool, sql, *_arguments(wanted), limit, size, ORIGIN)
        return await made(_part, rows, _AT_ONCE)

    async def newest(
        self,
        templates: Mapping[EhrId, Collection[TemplateId | None]],
        nodes: Sequence[Node],
        as_of: datetime | None,
        since: datetime | None,
    ) -> Sequence[tuple[Node, Found]]:
        sql = _NEWEST.format(
            holds=_HOLDS.format(at="$5::timestamptz"),
            of_patient=_OF_PATIENT,
            its_entry=_ITS_ENTRY,
            newest_first=_ORDER.format("desc"),
        )
        readable = [json.dumps([each or "" for each in some]) for some in templates.values()]
        named = [each.node for each in nodes], [each.code for each in nodes]
        rows = await planned_anew(self._pool, sql, list(templates), readable, *named, as_of, since)
        return await made(lambda row: (nodes[row["number"] - 1], found(row)), rows, _AT_ONCE)

    async def extent(self, wanted: Wanted) -> tuple[datetime, datetime] | None:
        (row,) = await planned_anew(self._pool, _EXTENT.format(where=_WHERE), *_arguments(wanted))
        return (row["min"], row["max"]) if row["min"] else None


def found(row: asyncpg.Record) -> Found:
    return Found(
        row["object_id"],
        row["version"],
        _ehr_id(row["ehr_id"]),
        _template_id(row["template_id"]),
        row["at"],
        row["committed_at"],
        entry_of(row),
    )


def _arguments(wanted: Wanted) -> tuple[Any, ...]:
    return (
        list(wanted.ehr_ids),
        [each.node for each in wanted.nodes],
        [each.code for each in wanted.nodes],
        [template or "" for template in wanted.templates],
        wanted.span.start,
        wanted.span.end,
        wanted.as_of,
    )


def _part(row: asyncpg.Record) -> Part:
    return Part(
        start=row["start"],
        unit=row["units"],
        count=row["count"],
        total=row["total"],
        low=row["low"],
        high=row["high"],
        first_at=row["first_at"],
        first=row["first"],
        last_at=row["last_at"],
        last=row["last"],
        bounded=row["bounded"],
    )


#: The same few, for each of thousands of rows.
_ehr_id = lru_cache(maxsize=256)(EhrId)


@lru_cache(maxsize=256)
def _template_id(text: str | None) -> TemplateId | None:
    return TemplateId(text) if text else None
