"""What routes find in `app.state.audit`."""

from dataclasses import dataclass

from audit.domain.cursors import EntryCursors
from audit.service.entries import EntrySearch
from audit.service.overview import StreamOverview


@dataclass(frozen=True)
class Audit:
    entries: EntrySearch
    overview: StreamOverview
    cursors: EntryCursors
