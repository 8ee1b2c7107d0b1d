"""Encounters of everybody, by where they are and who takes part, in this service's own database."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

import asyncpg
from openward_contracts.identifiers import PatientId

from clinical.adapters.postgres_encounters import encounter_of
from clinical.adapters.postgres_persons import LAST_CHANGE, PostgresPersons
from clinical.domain.bounds import Bound
from clinical.domain.cursors import Place
from clinical.domain.encounter_ports import Sought, Updated

#: Each version has one step; whose it is may have changed since, which is asked of the page alone.
_SEARCH: Final = f"""
select page.*, greatest(changed_at, {LAST_CHANGE.format("page.patient_id")}) as updated_at
from (select e.*, s.recorded_at as changed_at
      from encounter e join encounter_step s using (encounter_id, version)
      where {{conditions}}
      order by e.sorted_at desc, e.encounter_id desc
      limit {{limit}}) page
order by sorted_at desc, encounter_id desc
"""  # noqa: S608  constants
_AFTER: Final = "(e.sorted_at, e.encounter_id) < ({0}, {1}::uuid)"
_ENDS: Final = "coalesce(e.ended_at, 'infinity')"


class PostgresEncounterSearch:
    """The EncounterSearch port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool, self._persons = pool, PostgresPersons(pool)

    async def search(self, sought: Sought, after: Place | None, limit: int) -> Sequence[Updated]:
        arguments: list[object] = []
        conditions = [*_conditions(sought, arguments)]
        conditions += [
            _updated(bound, await self._persons.changed_since(bound.at), arguments)
            for bound in sought.updated
        ]
        if after:
            conditions.append(_AFTER.format(_place(arguments, after.at), _place(arguments, after.id)))
        statement = _SEARCH.format(
            conditions=" and ".join(conditions) or "true", limit=_place(arguments, limit)
        )
        rows = await self._pool.fetch(statement, *arguments)
        return [Updated(encounter_of(row), row["updated_at"]) for row in rows]


def _place(arguments: list[object], value: object) -> str:
    arguments.append(value)
    return f"${len(arguments)}"


def _conditions(sought: Sought, arguments: list[object]) -> Iterator[str]:
    columns = {
        "e.patient_id": sought.patients,
        "e.encounter_id": sought.ids,
        "e.status": sought.statuses,
        "e.class": sought.classes,
    }
    for column, wanted in columns.items():
        if wanted is not None:
            yield f"{column} = any({_place(arguments, list(wanted))})"
    if sought.hidden:
        yield f"not e.ehr_id = any({_place(arguments, list(sought.hidden))})"
    if sought.location is not None:
        yield f"e.location->>'id' = {_place(arguments, sought.location)}"
    if sought.participant is not None:
        yield f"e.participants @> {_place(arguments, json.dumps([{'id': sought.participant}]))}::jsonb"
    for bound in sought.dates:
        column = "e.sorted_at" if bound.of_start else _ENDS
        yield f"{column} {'>=' if bound.lower else '<'} {_place(arguments, bound.at)}"


def _updated(bound: Bound, persons: Sequence[PatientId], arguments: list[object]) -> str:
    """`persons`: who has become another since; mostly nobody, and then it is asked of steps alone."""
    since = f"s.recorded_at >= {_place(arguments, bound.at)}"
    if persons:
        since = f"({since} or e.patient_id = any({_place(arguments, persons)}))"
    return since if bound.lower else f"not {since}"
