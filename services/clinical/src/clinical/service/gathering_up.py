"""Fetches from EHRbase what is not kept yet, and keeps it, page by page."""

from dataclasses import dataclass
from time import monotonic
from typing import Final

import structlog
from openward_contracts.identifiers import EhrId

from clinical.domain.differences import Difference
from clinical.domain.recorded import Contents, Haste, Keeping
from clinical.service.fetching import Fetcher

_log = structlog.get_logger(__name__)

PAGE: Final = 50
#: Seconds at most between two pages that nobody waits for, else as long as a page took.
LONGEST_REST: Final = 1.0


@dataclass(frozen=True)
class Gatherer:
    """`page`: versions that are fetched and kept together, at least."""

    contents: Contents
    system_id: str
    page: int = PAGE

    async def gather(self, ehr_id: EhrId, keeping: Keeping, difference: Difference, haste: Haste) -> None:
        """What is kept is what there is now when this returns; where it is left, it begins the next time."""
        fetcher = Fetcher(self.contents, self.system_id)
        for change in difference.changes(self.page):
            started = monotonic()
            saying = {key: new for key, new in change.new.items() if not new.identity.deleted}
            read = await fetcher.read(ehr_id, saying, haste)
            if unreadable := len(saying) - len(read):
                _log.warning("recording.unreadable", ehr_id=str(ehr_id), versions=unreadable)
            await keeping.change(change, read)
            await haste.rest(min(monotonic() - started, LONGEST_REST))
