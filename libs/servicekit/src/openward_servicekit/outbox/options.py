"""How a relay paces itself."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class RelayOptions:
    """Times in seconds unless they are a timedelta."""

    #: Between polls that found nothing, for `busy_for` after the last row, and then.
    busy_poll: float = 0.02
    idle_poll: float = 0.1
    busy_for: float = 2.0
    #: After a small pass, a twelfth of it for each row that was moved, up to all of it: where rows come fast,
    #: those that come meanwhile share one commit here and one in the stream.
    gather_most: float = 0.06
    #: Between tries to become leader.
    lead_poll: float = 0.25
    #: Longest pause between tries while NATS or PostgreSQL is away.
    max_backoff: float = 1.0
    #: Between tries of rows that NATS refused.
    refused_poll: float = 60.0
    #: Age of the oldest row from which readiness tells of it.
    overdue: timedelta = timedelta(seconds=60)
    #: How long sent messages stay available for replay.
    retention: timedelta = timedelta(days=30)

    def gather(self, moved: int) -> float:
        """How long to wait for others after so many rows."""
        return self.gather_most * min(1.0, moved / 12)
