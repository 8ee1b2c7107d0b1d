"""Searching for patients."""

from dataclasses import dataclass

from openward_servicekit.auth import Authorizer, Principal

from patients.domain.cursors import SearchCursors
from patients.domain.permissions import SEARCH
from patients.domain.ports import AccessLog
from patients.domain.search import Found, Search


@dataclass(frozen=True)
class SearchService:
    access: AccessLog
    authorizer: Authorizer
    cursors: SearchCursors
    region: str | None = None

    async def search(
        self, caller: Principal, search: Search, *, after: str | None, limit: int, count: bool = False
    ) -> Found:
        """A page of patients, best first, each once; `after` is the `next` of the page before.

        Raises SearchTooShort, SearchTooBroad, CursorInvalid.
        """
        await self.authorizer.authorize(caller, SEARCH)
        await self.access.searched(caller.actor(), repr(search), ())
        return Found(())
