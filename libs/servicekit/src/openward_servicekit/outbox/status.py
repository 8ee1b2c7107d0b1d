"""What a relay tells of itself: metrics, a log line at every change, and readiness."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from openward_servicekit.errors import Unavailable
from openward_servicekit.outbox.metrics import OutboxMetrics
from openward_servicekit.outbox.publisher import RowRefused
from openward_servicekit.outbox.records import OutboxRecord, SentRecord

_log = structlog.get_logger(__name__)


class RelayStatus:
    """State of one process's relay. `overdue` is the age from which something unsent makes `check` fail."""

    def __init__(self, outbox: str, overdue: timedelta, metrics: OutboxMetrics) -> None:
        self.leader = False
        #: Row id -> why NATS refuses it.
        self.refused: dict[int, str] = {}
        self._outbox = outbox
        self._overdue = overdue
        self._oldest: datetime | None = None
        self._trouble: str | None = None
        self._trouble_since: datetime | None = None
        self._metrics = metrics
        metrics.leader.labels(outbox).set_function(lambda: self.leader)
        metrics.refused.labels(outbox).set_function(lambda: len(self.refused))
        metrics.oldest.labels(outbox).set_function(lambda: _age(self._oldest).total_seconds())

    @property
    def in_trouble(self) -> bool:
        return self._trouble is not None

    async def check(self) -> None:
        """Raises Unavailable, with the reason, when rows are refused or nothing moves for too long."""
        if self.refused:
            first = next(iter(self.refused.values()))
            raise Unavailable(f"NATS refuses {len(self.refused)} rows, the first: {first}")
        if max(_age(self._oldest), _age(self._trouble_since)) > self._overdue:
            seconds = _age(self._oldest).total_seconds()
            why = self._trouble or ("relaying" if self.leader else "another process relays, or none")
            raise Unavailable(f"oldest unsent row: {seconds:.0f} s; {why}")

    def leads(self) -> None:
        self.leader = True
        self.recovered()
        _log.info("outbox.leading", outbox=self._outbox)

    def sees(self, rows: Sequence[OutboxRecord]) -> None:
        """`rows` are the oldest unsent ones."""
        self._oldest = rows[0].created_at if rows else None
        if self.refused:
            waiting = {row.id for row in rows}
            self.refused = {row: why for row, why in self.refused.items() if row in waiting}

    def moved(self, rows: Sequence[OutboxRecord], sent: Sequence[SentRecord]) -> None:
        """`sent` are the first of `rows`."""
        for row, where in zip(rows, sent, strict=False):
            self._metrics.sent(self._outbox, where.stream, row.created_at)

    def refuses(self, refused: RowRefused) -> None:
        row, why = refused.record.id, str(refused)
        if row not in self.refused:
            _log.error("outbox.row_refused", outbox=self._outbox, row=row, why=why)
        self.refused[row] = why

    def troubled(self, why: str, error: Exception | None = None) -> None:
        if self._trouble_since is None:
            self._trouble_since = datetime.now(UTC)
            _log.warning("outbox.waiting", outbox=self._outbox, why=why, exc_info=error)
        self._trouble = why

    def recovered(self) -> None:
        if self._trouble_since is not None:
            seconds = round(_age(self._trouble_since).total_seconds(), 1)
            _log.info("outbox.recovered", outbox=self._outbox, seconds=seconds)
        self._trouble = self._trouble_since = None


def _age(moment: datetime | None) -> timedelta:
    return datetime.now(UTC) - moment if moment else timedelta()
