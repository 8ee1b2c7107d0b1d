"""`/api/audit/v1`: who saw and changed what."""

from openward_contracts.page import Page
from openward_servicekit.routing import api_router

from audit.api.dependencies import Cursor, Limit, Overseer, Searcher, Services, Wanted
from audit.api.schemas import EntryView, StreamView

router = api_router("/api/audit/v1", tags=["audit"])


@router.get("/entries")
async def search_entries(
    caller: Searcher, wanted: Wanted, services: Services, limit: Limit = 50, cursor: Cursor = None
) -> Page[EntryView]:
    """The newest first. What is in the log at the first page is on one page, whatever is added meanwhile."""
    after = services.cursors.read(cursor, caller, wanted)
    found = await services.entries.find(caller, wanted, after, limit)
    views = [EntryView.model_validate(entry) for entry in found.entries]
    return Page(items=views, next_cursor=services.cursors.make(found.next, caller, wanted))


@router.get("/streams")
async def see_streams(caller: Overseer, services: Services) -> Page[StreamView]:
    states = await services.overview.see(caller)
    return Page(items=[StreamView.of(state) for state in states])
