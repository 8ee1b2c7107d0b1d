"""The SearchIndex port on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, overload

from openward_contracts.identifiers import PatientId

from patients.adapters.questions import Questions
from patients.adapters.rows import from_columns
from patients.adapters.search import filters, lists, statements
from patients.adapters.search.parameters import Parameters
from patients.domain.keys import delete_keys, one_edit
from patients.domain.patient import Patient
from patients.domain.search.asking import Listing
from patients.domain.search.index import Mark, Query, Row
from patients.domain.search.names import Known

#: Words one letter off a word that are looked for; of short words there are many.
_MOST_ALIKE = 200


class PostgresSearch:
    """The SearchIndex port."""

    def __init__(self, db: Questions) -> None:
        self._db = db

    async def alike(self, words: Sequence[tuple[str, str]]) -> Known:
        keys = [(kind, word, key) for kind, word in words for key in delete_keys(word)]
        if not keys:
            return {}
        columns = [list(column) for column in zip(*keys, strict=True)]
        near: dict[tuple[str, str], list[str]] = {}
        for row in await self._db.query_raw(statements.ALIKE, *columns):
            kind, word, other = row["kind"], row["word"], row["other"]
            if not other.startswith(word) and one_edit(word, other):
                near.setdefault((kind, word), []).append(other)
        return {word: tuple(others[:_MOST_ALIKE]) for word, others in near.items()}

    async def rows(self, query: Query, after: Mark | None, size: int) -> Sequence[Row]:
        parameters = Parameters()
        union = lists.union(query, after, parameters, size)
        sql = statements.rows(union, parameters.add(size, "int"))
        found = await self._db.query_raw(sql, *parameters.values)
        return _Rows(query, found)

    async def count(self, query: Query, cap: int) -> tuple[int, bool]:
        most = 2 * (cap + 1)
        parameters = Parameters()
        union = lists.union(query, None, parameters, most)
        active = query.criteria.search.active
        shown = statements.shown(restricted=query.restricted, active=active)
        (found,) = await self._db.query_raw(statements.count(union, shown), *parameters.values)
        total = min(found["people"], cap + 1)
        # With as many names as were looked at there may be people behind them who were not.
        return total, total > cap or found["most"] >= most

    async def listed(
        self, listing: Listing, after: tuple[datetime, PatientId] | None, size: int, *, restricted: bool
    ) -> Sequence[Patient]:
        parameters = Parameters()
        where = filters.of_listing(listing, parameters, restricted=restricted)
        if after is not None:
            moment = parameters.add(after[0].isoformat(), "timestamptz")
            where.append(f"(p.created_at, p.id) > ({moment}, {parameters.add(str(after[1]), 'uuid')})")
        sql = statements.listed(where, parameters.add(size, "int"))
        return [from_columns(row) for row in await self._db.query_raw(sql, *parameters.values)]

    async def family(self, survivor: PatientId, *, restricted: bool) -> Sequence[Patient]:
        found = await self._db.query_raw(statements.FAMILY, str(survivor))
        patients = [from_columns(row) for row in found]
        return [patient for patient in patients if restricted or not patient.restricted]


class _Rows(Sequence[Row]):
    """Each made when it is looked at: a page ends before they do."""

    def __init__(self, query: Query, found: Sequence[dict[str, Any]]) -> None:
        self._query = query
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> "_Rows": ...
    def __getitem__(self, index: int | slice) -> "Row | _Rows":
        if isinstance(index, slice):
            return _Rows(self._query, self._found[index])
        return _row(self._found[index], self._query)


def _row(row: dict[str, Any], query: Query) -> Row:
    position = (row["list"], (row["k1"], row["k2"]))
    patient = from_columns(row)
    if row["survivor"] is None:
        return Row(position, patient, patient.id, shown=True, alone=not row["joined"])
    seen = query.restricted or not row["survivor_restricted"]
    active = query.criteria.search.active in {None, row["survivor_active"]}
    return Row(position, patient, PatientId(row["survivor"]), shown=seen and active, alone=False)
