"""Pages of a search with alternatives: one after the other, each patient once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Principal

from patients.api.fhir.criteria import Conjunction
from patients.domain.search.asking import Hit, Search
from patients.service.searching import SearchService

#: Searches for one page; after them it may be short, or empty, and still have a next one.
_ROUNDS: Final = 10


@dataclass(frozen=True)
class Position:
    """In which alternative, and the search's own cursor there."""

    alternative: int = 0
    cursor: str | None = None


@dataclass(frozen=True)
class PageOfHits:
    """`total`: None where it is not counted; `at_least`: it is this many or more."""

    hits: Sequence[Hit]
    following: Position | None
    total: int | None = None
    at_least: int | None = None


@dataclass(frozen=True)
class Paging:
    """Finds the pages of `plan`."""

    searches: SearchService
    caller: Principal
    plan: Sequence[Conjunction]

    async def page(self, position: Position, size: int, *, count: bool) -> PageOfHits:
        if not self.plan:
            return PageOfHits((), None, total=0)
        countable = count and len(self.plan) == 1 and not self.plan[0].also
        begun = position == Position()
        hits: list[Hit] = []
        total = at_least = None
        for _ in range(_ROUNDS):
            search = self.plan[position.alternative].main
            found = await self.searches.search(
                self.caller, search, after=position.cursor, limit=size - len(hits), count=countable
            )
            if countable:
                total, at_least = (None, found.total) if found.total_is_capped else (found.total, None)
            hits += await self._new(found.hits, position.alternative)
            position = Position(position.alternative + (found.next is None), found.next)
            if position.alternative == len(self.plan):
                whole = len(hits) if count and begun and not countable else total
                return PageOfHits(hits, None, whole, at_least)
            if len(hits) >= size:
                break
        return PageOfHits(hits, position, total, at_least)

    async def _new(self, hits: Sequence[Hit], alternative: int) -> Sequence[Hit]:
        """Those that all of the alternative holds for, and none before it."""
        for search in self.plan[alternative].also:
            kept = await self._held(search, hits)
            hits = [hit for hit in hits if hit.patient.id in kept]
        for earlier in self.plan[:alternative]:
            before: Sequence[Hit] = hits
            for search in (earlier.main, *earlier.also):
                kept = await self._held(search, before)
                before = [hit for hit in before if hit.patient.id in kept]
            known = {hit.patient.id for hit in before}
            hits = [hit for hit in hits if hit.patient.id not in known]
        return hits

    async def _held(self, search: Search, hits: Sequence[Hit]) -> set[PatientId]:
        """For which of the hits the search holds, by the patient or by a record merged into them."""
        ids = {each for hit in hits for each in (hit.patient.id, hit.via) if each is not None}
        wanted = ids & set(search.ids) if search.ids else ids
        if not wanted:
            return set()
        found = await self.searches.search(
            self.caller, replace(search, ids=tuple(sorted(wanted))), after=None, limit=len(wanted)
        )
        return {hit.patient.id for hit in found.hits}
