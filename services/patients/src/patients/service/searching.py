"""Searching for patients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Authorizer, Principal

from patients.domain.cursors import SearchCursors
from patients.domain.patient import Patient
from patients.domain.permissions import SEARCH
from patients.domain.ports import AccessLog
from patients.domain.search.asking import Found, Listing, Search
from patients.domain.search.criteria import Criteria
from patients.domain.search.index import Mark, SearchIndex
from patients.service.looking import Look
from patients.service.visibility import sees_restricted


@dataclass(frozen=True)
class SearchService:
    """`region`: ISO 3166 code of the country that phone numbers without a country code are of."""

    index: SearchIndex
    access: AccessLog
    authorizer: Authorizer
    cursors: SearchCursors
    region: str | None = None

    async def search(
        self, caller: Principal, search: Search, *, after: str | None, limit: int, count: bool = False
    ) -> Found:
        """A page of patients, best first, each once; `after` is the `next` of the page before.

        Raises SearchTooShort, SearchTermInvalid, SearchTooBroad, CursorInvalid.
        """
        await self.authorizer.authorize(caller, SEARCH)
        criteria = Criteria.of(search, self.region)
        mark = _mark(self.cursors.read(after, caller, repr(search)))
        look = Look(self.index, criteria, restricted=sees_restricted(caller), region=self.region)
        hits, end = await look.page(mark, limit)
        total = await look.total(limit) if count else (None, False)
        await self.access.searched(caller.actor(), repr(search), [hit.patient for hit in hits])
        cursor = self.cursors.make(_position(end), caller, repr(search))
        return Found(sorted(hits, key=lambda hit: hit.rank), cursor, *total)

    async def list_all(
        self, caller: Principal, listing: Listing, *, after: str | None, limit: int
    ) -> tuple[Sequence[Patient], str | None]:
        """A page of patients in the order of their registration, and the cursor of the next."""
        await self.authorizer.authorize(caller, SEARCH)
        position = self.cursors.read(after, caller, repr(listing))
        start = (datetime.fromisoformat(position[0]), PatientId(position[1])) if position else None
        seen = sees_restricted(caller)
        patients = await self.index.listed(listing, start, limit + 1, restricted=seen)
        page = patients[:limit]
        await self.access.searched(caller.actor(), repr(listing), page)
        end = [page[-1].created_at.isoformat(), str(page[-1].id)] if len(patients) > limit else None
        return page, self.cursors.make(end, caller, repr(listing))


def _mark(position: list[Any] | None) -> Mark | None:
    if position is None:
        return None
    number, k1, k2, patient_id = position
    return (number, (k1, k2)), PatientId(patient_id)


def _position(mark: Mark | None) -> list[Any] | None:
    if mark is None:
        return None
    (number, keys), patient_id = mark
    return [number, *keys, str(patient_id)]
