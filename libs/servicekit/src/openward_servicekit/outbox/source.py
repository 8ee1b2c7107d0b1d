"""The two ports of the relay: where rows come from, and how to reach the database that holds them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, Self

import asyncpg

from openward_servicekit.outbox.options import RelayOptions
from openward_servicekit.outbox.postgres import PostgresOutbox, connector
from openward_servicekit.outbox.records import ArchivedRecord, OutboxRecord, SentRecord
from openward_servicekit.settings import ServiceSettings


class OutboxSource(Protocol):
    """Rows of one outbox, on one connection. Each method is one statement or one transaction of its own."""

    async def fetch(self, limit: int) -> Sequence[OutboxRecord]:
        """The oldest `limit` unsent rows in the order in which their aggregates changed."""

    async def archive(self, sent: Sequence[SentRecord]) -> None:
        """Take the rows out of the outbox and keep them for replay, atomically. Unknown ids are ignored."""

    async def replay(self, stream: str, first: int, last: int, limit: int) -> Sequence[ArchivedRecord]:
        """Archived messages with `first <= stream_seq <= last`, ascending, at most `limit`."""

    async def purge(self, older_than: timedelta, limit: int) -> int:
        """Forget up to `limit` archived messages that were sent longer ago; how many were forgotten."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """One database with an outbox.

    `name` is the label in metrics, in readiness and of the advisory lock. `connect` (`postgres.connector`)
    opens one straight to PostgreSQL, not through a pooler: the lock lives as long as that session.
    `gather_most`: seconds that rows may wait for others to be published with them (`RelayOptions`).
    """

    name: str
    connect: Callable[[], Awaitable[asyncpg.Connection]]
    source: Callable[[asyncpg.Connection], OutboxSource] = PostgresOutbox
    gather_most: float = RelayOptions.gather_most

    @classmethod
    def of(cls, settings: ServiceSettings, *, gather_most: float = RelayOptions.gather_most) -> Self:
        """The outbox with the standard tables in the service's own database."""
        return cls(
            settings.service,
            connector(
                settings.database_url,
                settings.database_password,
                application_name=f"{settings.service}-relay",
            ),
            gather_most=gather_most,
        )
