"""How often each name occurs: a rare name in common says more than a common one."""

from typing import LiteralString

from patients.adapters.db import Prisma
from patients.adapters.errors import registry

_AT_ONCE = 200


class PrismaNameCounts:
    """The NameCounts port."""

    def __init__(self, db: Prisma) -> None:
        self._db = db

    async def stale(self) -> bool:
        async with registry():
            (row,) = await self._db.query_raw(STALE)
        return bool(row["stale"])

    async def count(self, after: tuple[str, str]) -> tuple[str, str] | None:
        async with registry():
            found = await self._db.query_raw(COUNT, *after, _AT_ONCE)
        return (found[0]["kind"], found[0]["word"]) if found else None

    async def finish(self) -> None:
        async with registry():
            await self._db.execute_raw(FINISH)


STALE: LiteralString = """
    select reltuples > 1.2 * coalesce(
        (select frequency from name_word where kind = 'all' and word = ''), 0) as stale
    from pg_class where oid = 'patient_name'::regclass
"""

FINISH: LiteralString = """
    insert into name_word (kind, word, frequency)
    select 'all', '', coalesce(sum(frequency), 0) from name_word where kind = 'family'
    on conflict (kind, word) do update set frequency = excluded.frequency
"""

# The rows are locked for milliseconds, in the order in which registrations take them. A word is counted in
# rows of `patient_name`, as its share of all of them is what matters. Small changes are not worth a write.
COUNT: LiteralString = """
    with turn as materialized (
        select pg_try_advisory_xact_lock(hashtextextended('openward.name-counts', 0)) as mine),
    named as materialized (
        select w.kind, w.word, w.frequency from name_word w, turn
        where turn.mine and w.kind <> 'all' and (w.kind, w.word) > ($1, $2)
        order by w.kind, w.word limit $3::int),
    counted as materialized (
        select kind, word, frequency, greatest(1, case kind
            when 'family' then (select count(*) from patient_name n where n.family_key = named.word)
            else (select count(*) from patient_name n where n.given_key = named.word) end)::int as now
        from named),
    written as (
        update name_word w set frequency = c.now from counted c
        where w.kind = c.kind and w.word = c.word and abs(c.now - c.frequency) * 20 > c.frequency)
    select kind, word from named order by kind desc, word desc limit 1
"""
