"""What is put around the lists of a search."""

from collections.abc import Sequence
from typing import Final, LiteralString

from patients.adapters.rows import COLUMNS

# Only of merged records: the patient at the end of the chain.
_SURVIVOR: Final[LiteralString] = """
    left join lateral (
        with recursive chain as (
            select s.id, s.survivor_id, s.restricted, s.active from patient s where s.id = p.survivor_id
            union all
            select s.id, s.survivor_id, s.restricted, s.active
            from chain c join patient s on s.id = c.survivor_id)
        select id, restricted, active from chain where survivor_id is null
    ) t on p.survivor_id is not null
"""

# The planner guesses a row for each key; the dictionary is read by its primary key whatever it guesses.
ALIKE: Final[LiteralString] = """
    select distinct w.kind, w.word, d.word as other
    from unnest($1::text[], $2::text[], $3::text[]) as w (kind, word, key)
    join name_delete d on d.kind = w.kind and d.key = w.key
    where d.word <> w.word
    order by other
"""

FAMILY: Final[LiteralString] = f"""
    with recursive family as (
        select $1::uuid as id, 0 as step
        union
        select s.id, f.step + 1
        from family f join merge m on m.target_id = f.id
        join patient s on s.id = m.source_id and s.survivor_id = m.target_id)
    select {COLUMNS} from family f join patient p on p.id = f.id order by f.step > 0, p.id
"""  # noqa: S608  fragments of this package


BY_IDS: Final[LiteralString] = f"""
    select {COLUMNS}
    from unnest($1::uuid[]) with ordinality as wanted (id, place) join patient p using (id) order by place
"""  # noqa: S608  fragments of this package


def rows(union: str, limit: str) -> str:
    """The first rows of all lists, each with its record and whom it leads to."""
    return f"""
        with hit as (select * from ({union}) u order by list, k1, k2, id limit {limit})
        select hit.list, hit.k1, hit.k2, t.id::text as survivor, t.restricted as survivor_restricted,
               t.active as survivor_active, exists (select from merge m where m.target_id = p.id) as joined,
               {COLUMNS}
        from hit join patient p on p.id = hit.id {_SURVIVOR}
        order by hit.list, hit.k1, hit.k2, hit.id
    """  # noqa: S608  fragments of this package


def listed(where: Sequence[str], limit: str) -> str:
    conditions = " and ".join(where) or "true"
    return f"select {COLUMNS} from patient p where {conditions} order by p.created_at, p.id limit {limit}"  # noqa: S608  fragments


def count(union: str, shown: str) -> str:
    """`people`, each once, and `most`: the rows of the longest list."""
    return f"""
        with hit as materialized ({union})
        select (select count(distinct coalesce(t.id, p.id))
                from hit join patient p on p.id = hit.id {_SURVIVOR} where {shown})::int as people,
               (select coalesce(max(rows), 0)
                from (select count(*) as rows from hit group by list) lengths)::int as most
    """  # noqa: S608  fragments of this package


def shown(*, restricted: bool, active: bool | None) -> str:
    """Whether a record, or whom it leads to, may be seen and is as active as was asked for."""
    wanted = [] if restricted else ["not t.restricted"]
    if active is not None:
        wanted.append("t.active" if active else "not t.active")
    return f"(p.survivor_id is null or ({' and '.join(wanted) or 'true'}))"
