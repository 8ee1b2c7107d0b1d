"""Timelines of what is recorded, by the index on EHR and time: a page costs the same in a long record."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import asyncpg
from openward_contracts.identifiers import EhrId, TemplateId

from clinical.adapters.many_rows import made
from clinical.adapters.planned_anew import planned_anew
from clinical.adapters.recorded_entries import ENTRIES_AT_ONCE, entry_of
from clinical.domain.cursors import Place
from clinical.domain.timeline import Reach, Row, Sought

_VALID_NOW: Final = "{0}.replaced_at is null"
_VALID_THEN: Final = "{0}.committed_at <= {1} and ({0}.replaced_at is null or {0}.replaced_at > {1})"

_TEMPLATES: Final = """
select template_id, count(*) filter (where unreadable) as unreadable
from recorded_version v where ehr_id = any($1) and not deleted and {valid} group by template_id
"""
#: An EHR at a time, so that each is read in the order of its index and no further than the page reaches.
_PAGE: Final = """
select e.object_id, e.version, e.ehr_id, e.template_id, at, e.committed_at, e.replaced_at, position, rm_type,
       e.archetype_id, e.name, path, sections, values, composition, category, composer, language
from unnest($1::uuid[]) as ehr(id)
cross join lateral (
  select * from recorded_entry e where e.ehr_id = ehr.id and {conditions}
  order by e.at desc, e.object_id, e.position limit {limit}
) e
cross join lateral (
  select v.name as composition, v.category, v.composer, v.language from recorded_version v
  where v.object_id = e.object_id and v.version = e.version limit 1
) v
order by e.at desc, e.object_id, e.position limit {limit}
"""
#: In a form that the planner takes for true of nearly all, as it is. It believes of `= any` of an expression
#: that few entries are left, and would read and sort a whole record for its first page.
_OF_TEMPLATES: Final = "array_position({0}::text[], coalesce(e.template_id, '')) is not null"
_COUNT: Final = "select count(*) from recorded_entry e where e.ehr_id = any($1) and {conditions}"

_ARCHETYPE: Final = (
    "(e.archetype_id = any({0}) or substring(e.archetype_id from '^(.+?)[.]v[0-9]') = any({0}))"
)
_NODE: Final = r"""
exists (select from unnest({0}::text[], {1}::text[]) as n(archetype_id, values)
        where e.archetype_id = n.archetype_id and e.values @> n.values::jsonb)
"""
#: No joins: by the key for each entry, and all at once.
_AUTHOR: Final = """
(select true from write_intent w where w.version_uid = e.object_id || {0} || e.version
 and w.state <> 'failed' and w.actor = any({1}))
"""
_ENCOUNTER: Final = """
e.object_id = any(array(select b.object_id from composition_encounter b join encounter using (encounter_id)
                        where encounter_id = any({0}) and patient_id = any({1})))
"""
_AFTER: Final = "e.at <= {0} and (e.at < {0} or (e.object_id, e.position) > ({1}::uuid, {2}::int))"


class _Arguments(list[object]):
    """Of one statement."""

    def place(self, value: object) -> str:
        """Where it stands: `$3`."""
        self.append(value)
        return f"${len(self)}"


class PostgresTimeline:
    """The Timelines port. `system_id` is EHRbase's: the middle part of every version uid."""

    def __init__(self, pool: asyncpg.Pool, system_id: str) -> None:
        self._pool = pool
        self._within_uid = f"::{system_id}::"

    async def templates(self, ehr_ids: Sequence[EhrId], sought: Sought) -> Mapping[TemplateId | None, int]:
        arguments = _Arguments([ehr_ids])
        statement = _TEMPLATES.format(valid=_valid("v", sought, arguments))
        rows = await self._pool.fetch(statement, *arguments)
        return {_template(row["template_id"]): row["unreadable"] for row in rows}

    async def page(self, reach: Reach, sought: Sought, after: Place | None, limit: int) -> Sequence[Row]:
        arguments = _Arguments([reach.ehr_ids])
        conditions = [*self._conditions(reach, sought, arguments)]
        if after:
            conditions.append(_AFTER.format(*map(arguments.place, after)))
        statement = _PAGE.format(conditions=" and ".join(conditions), limit=arguments.place(limit))
        return await made(_row, await planned_anew(self._pool, statement, *arguments), ENTRIES_AT_ONCE)

    async def count(self, reach: Reach, sought: Sought) -> int:
        arguments = _Arguments([reach.ehr_ids])
        conditions = " and ".join(self._conditions(reach, sought, arguments))
        (row,) = await planned_anew(self._pool, _COUNT.format(conditions=conditions), *arguments)
        return int(row["count"])

    def _conditions(self, reach: Reach, sought: Sought, arguments: _Arguments) -> Iterator[str]:
        place = arguments.place
        yield _valid("e", sought, arguments)
        yield _OF_TEMPLATES.format(place([each or "" for each in reach.templates]))
        yield from _said(sought, arguments)
        if sought.span.start:
            yield f"e.at >= {place(sought.span.start)}"
        if sought.span.end:
            yield f"e.at < {place(sought.span.end)}"
        if sought.authors:
            yield _AUTHOR.format(place(self._within_uid), place(sought.authors))
        if sought.encounters:
            yield _ENCOUNTER.format(place(sought.encounters), place(reach.patient_ids))


def _said(sought: Sought, arguments: _Arguments) -> Iterator[str]:
    """Of what an entry itself says."""
    place = arguments.place
    if sought.object_ids:
        yield f"e.object_id = any({place(sought.object_ids)})"
    if sought.archetypes:
        yield _ARCHETYPE.format(place(sought.archetypes))
    if sought.concepts:
        yield f"e.codes && {place(sought.concepts)}"
    if sought.nodes:
        archetypes = [node.archetype_id for node in sought.nodes]
        yield _NODE.format(place(archetypes), place([_holding(node.path) for node in sought.nodes]))
    if sought.words:
        yield f"e.words like all({place([_part(word) for word in sought.words])})"


def _valid(alias: str, sought: Sought, arguments: _Arguments) -> str:
    if sought.as_of is None:
        return _VALID_NOW.format(alias)
    return _VALID_THEN.format(alias, arguments.place(sought.as_of))


def _holding(path: str) -> str:
    return json.dumps([{"node": path}])


def _part(word: str) -> str:
    escaped = word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def _template(text: str | None) -> TemplateId | None:
    return TemplateId(text) if text else None


def _row(row: asyncpg.Record) -> Row:
    return Row(
        row["object_id"],
        row["version"],
        EhrId(row["ehr_id"]),
        _template(row["template_id"]),
        row["composition"],
        row["category"],
        row["composer"],
        row["language"],
        row["at"],
        row["committed_at"],
        row["replaced_at"],
        entry_of(row),
    )
