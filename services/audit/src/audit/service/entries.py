"""Auditors search the log; that they do is itself recorded before they see anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from openward_servicekit.auth import Authorizer, Principal

from audit.domain.permissions import SEARCH
from audit.domain.ports import AccessLog, Entries
from audit.domain.search import Entry, Filters, Place


@dataclass(frozen=True)
class Found:
    """One page, the newest first; `next` is the place after which the next page begins."""

    entries: Sequence[Entry]
    next: Place | None


@dataclass(frozen=True)
class EntrySearch:
    entries: Entries
    access: AccessLog
    authorizer: Authorizer

    async def find(self, caller: Principal, filters: Filters, after: Place | None, limit: int) -> Found:
        await self.authorizer.authorize(caller, SEARCH, patient_id=filters.patient_id)
        rows = await self.entries.find(filters, after, limit + 1)
        page = rows[:limit]
        asked = [filters.patient_id] if filters.patient_id else []
        shown = [entry.patient_id for entry in page if entry.patient_id]
        patients = list(dict.fromkeys(asked + shown))
        await self.access.searched(caller.actor(), str(filters), patients, len(page))
        return Found(page, page[-1].place if len(rows) > limit else None)
