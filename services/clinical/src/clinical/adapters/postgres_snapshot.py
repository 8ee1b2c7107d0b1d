"""Entries of some archetypes, in the tables of what is recorded (ADR 34)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import asyncpg
from openward_contracts.identifiers import EhrId, TemplateId

from clinical.adapters.many_rows import made
from clinical.adapters.planned_anew import planned_anew
from clinical.adapters.recorded_entries import ENTRIES_AT_ONCE, entry_of
from clinical.domain.snapshot import Kept

_NEWEST: Final = """
select e.*
from unnest($3::text[]) a (archetype_id)
cross join lateral (
    select * from recorded_entry e
    where e.ehr_id = any ($1) and e.archetype_id = a.archetype_id and coalesce(e.template_id, '') = any ($2)
      and (e.replaced_at is null or e.replaced_at > $4::timestamptz)
      and ($4::timestamptz is null or e.committed_at <= $4::timestamptz)
    order by e.at desc, e.committed_at desc, e.object_id, e.position limit $5
) e
order by e.at desc, e.committed_at desc, e.object_id, e.position
"""


class PostgresSnapshot:
    """The Entries port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of_archetypes(
        self,
        ehr_ids: Collection[EhrId],
        templates: Collection[TemplateId | None],
        archetypes: Collection[str],
        as_of: datetime | None,
        limit: int,
    ) -> Sequence[Kept]:
        names = [template or "" for template in templates]
        arguments = list(ehr_ids), names, list(archetypes), as_of, limit
        rows = await planned_anew(self._pool, _NEWEST, *arguments)
        return await made(_kept, rows, ENTRIES_AT_ONCE)


def _kept(row: asyncpg.Record) -> Kept:
    return Kept(
        row["object_id"],
        row["version"],
        EhrId(row["ehr_id"]),
        TemplateId(row["template_id"]) if row["template_id"] else None,
        row["at"],
        row["committed_at"],
        entry_of(row),
    )
