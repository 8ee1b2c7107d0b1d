"""Messages into the log, in transactions that stay short."""

from collections.abc import Sequence
from typing import Final

from openward_servicekit.streams import Message

from audit.domain.entry import portions
from audit.domain.mapping import entry_of
from audit.domain.ports import Log, Position
from audit.metrics import AuditMetrics

#: Of one transaction.
MOST_ENTRIES: Final = 250
MOST_PATIENTS: Final = 10_000


class Appender:
    """The one way of messages into the log."""

    def __init__(self, log: Log, metrics: AuditMetrics) -> None:
        self._log = log
        self._metrics = metrics

    async def append(
        self, position: Position, messages: Sequence[Message], *, repaired: bool = False
    ) -> Position:
        """The position after the last of them."""
        entries = [entry_of(position.stream, message) for message in messages]
        for portion in portions(entries, MOST_ENTRIES, MOST_PATIENTS):
            appended = await self._log.append(position, portion, repaired=repaired)
            position = appended.position
            for entry in appended.entries:
                self._metrics.appended.labels(entry.stream, entry.outcome).inc()
            self._metrics.repeated.labels(position.stream).inc(len(portion) - len(appended.entries))
            if repaired:
                self._metrics.repaired.labels(position.stream).inc(len(appended.entries))
        return position
