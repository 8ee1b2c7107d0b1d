"""One look through the lists of a search, page by page or to count."""

from collections.abc import AsyncIterator, Iterable
from time import monotonic

from patients.domain.errors import SearchTooBroad
from patients.domain.findable import Findable, findable, named
from patients.domain.identifier_domain import Domains
from patients.domain.patient import Patient
from patients.domain.search import plan as search_plan
from patients.domain.search.asking import Hit, Reason, Typos
from patients.domain.search.criteria import Criteria
from patients.domain.search.evidence import Evidence, rank
from patients.domain.search.index import Mark, Query, Row, SearchIndex
from patients.domain.search.places import Place
from patients.domain.search.plan import Position

#: Above it a total is only said to be more.
MOST_COUNTED = 1000
#: For all queries of a page; each has a limit of its own.
_SECONDS = 2.0
_READ_AT_ONCE = 200
#: Rows read beside those of a page, since a patient may have several.
_SPARE = 10
#: Whether an identifier is exclusive is no matter here.
_NO_DOMAINS = Domains()


class Look:
    """`restricted`: whether restricted patients are seen."""

    def __init__(
        self, index: SearchIndex, criteria: Criteria, *, restricted: bool, region: str | None
    ) -> None:
        self._index = index
        self._criteria = criteria
        self._restricted = restricted
        self._region = region
        self._by_names = criteria.by_names
        self._plan = search_plan.plan(criteria)
        self._until = monotonic() + _SECONDS

    async def page(self, after: Mark | None, limit: int) -> tuple[list[Hit], Mark | None]:
        """Hits in the order of the lists, and the row they end at where there are more."""
        found: list[tuple[Hit, Mark]] = []
        async for hit in self._all(after, limit):
            found.append(hit)
            if len(found) > limit:
                return [hit for hit, _ in found[:limit]], found[limit - 1][1]
        return [hit for hit, _ in found], None

    async def total(self, limit: int) -> tuple[int, bool]:
        """Of what all pages of `limit` hold, and whether there are more."""
        if not search_plan.in_sql(self._criteria):
            return await self._walked(limit)
        total, capped = await self._index.count(self._query(self._typed()), MOST_COUNTED)
        typos = self._criteria.search.typos
        if typos is Typos.YES or (typos is Typos.AUTO and total < limit):
            await self._learn()
            every = [*self._typed(), *self._plan.misspelt()]
            total, capped = await self._index.count(self._query(every), MOST_COUNTED)
        return total, capped

    async def _walked(self, limit: int) -> tuple[int, bool]:
        number = 0
        async for _ in self._all(None, limit):
            number += 1
            if number > MOST_COUNTED:
                return number, True
        return number, False

    async def _all(self, after: Mark | None, limit: int) -> AsyncIterator[tuple[Hit, Mark]]:
        """First as the words are typed; as they may be misspelt if asked for, or where that fills no page."""
        typos = self._criteria.search.typos
        if after is None or not self._plan.is_misspelt(after[0]):
            number = 0
            for lists in (self._plan.first_lists(), self._plan.seldom_lists()):
                async for hit in self._hits(lists, after, limit):
                    number += 1
                    yield hit
            if typos is Typos.NO or (typos is Typos.AUTO and (after is not None or number >= limit)):
                return
        await self._learn()
        async for hit in self._hits(self._plan.misspelt(), after, limit):
            yield hit

    def _typed(self) -> list[tuple[int, Place]]:
        return [*self._plan.first_lists(), *self._plan.seldom_lists()]

    async def _learn(self) -> None:
        """Which words of the dictionary may have been meant."""
        known = await self._index.alike(search_plan.unknown(self._criteria))
        self._plan = search_plan.plan(self._criteria, known)

    async def _hits(
        self, lists: list[tuple[int, Place]], after: Mark | None, limit: int
    ) -> AsyncIterator[tuple[Hit, Mark]]:
        size = limit + 1 + _SPARE
        while lists := [each for each in lists if after is None or each[0] >= after[0][0]]:
            rows = await self._index.rows(self._query(lists), after, size)
            for row in rows:
                # A patient may hold an identifier twice, now and formerly: one place, two rows.
                if row.mark != after and (hit := await self._hit(row)):
                    yield hit, row.mark
                after = row.mark
            if len(rows) < size:
                return
            if monotonic() > self._until:
                raise SearchTooBroad
            size = _READ_AT_ONCE

    async def _hit(self, row: Row) -> Hit | None:
        """The patient, if this is the first of their places: they are answered there only."""
        reasons = self._reasons(row.patient, row.position) if row.shown else None
        if reasons is None:
            return None
        if row.alone:
            return Hit(row.patient, reasons, rank(reasons))
        family = await self._index.family(row.survivor, restricted=self._restricted)
        if self._first(family) != (row.position, row.patient.id):
            return None
        survivor = next(patient for patient in family if patient.id == row.survivor)
        return Hit(
            survivor, reasons, rank(reasons), None if survivor.id == row.patient.id else row.patient.id
        )

    def _first(self, family: Iterable[Patient]) -> Mark | None:
        """Where a person is answered who has several records."""
        marks = (
            (position, patient.id)
            for patient in family
            if (position := self._place(patient)) and self._reasons(patient, position) is not None
        )
        return min(marks, default=None)

    def _reasons(self, patient: Patient, position: Position) -> tuple[Reason, ...] | None:
        keys = self._keys(patient)
        if self._plan.first(patient, keys) != position:
            return None
        return Evidence(self._criteria, patient, keys).reasons()

    def _place(self, patient: Patient) -> Position | None:
        return self._plan.first(patient, self._keys(patient))

    def _keys(self, patient: Patient) -> Findable:
        if self._by_names:
            return named(patient.record)
        return findable(patient.id, patient.record, _NO_DOMAINS, self._region)

    def _query(self, lists: list[tuple[int, Place]]) -> Query:
        return Query(self._criteria, lists, self._restricted)
