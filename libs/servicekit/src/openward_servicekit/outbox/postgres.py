"""The standard outbox tables (`tables.sql`) on asyncpg."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Protocol

import asyncpg
from openward_contracts.event import Event, outbox_columns
from openward_contracts.payload import Payload
from pydantic import SecretStr
from pydantic_core import from_json

from openward_servicekit.outbox.records import ArchivedRecord, OutboxRecord, SentRecord

# jsonb goes as text, so that it does not matter which codec the caller's pool has for it.
_INSERT = """
insert into outbox_event (event_id, subject, aggregate_id, aggregate_version, headers, payload)
values ($1, $2, $3, $4, $5::text::jsonb, $6)
"""
_FETCH = """
select id, event_id, subject, aggregate_id, headers::text, payload, created_at
from outbox_event order by id limit $1
"""
_ARCHIVE = """
with sent as (select * from unnest($1::bigint[], $2::text[], $3::bigint[]) as s (id, stream, stream_seq)),
     gone as (delete from outbox_event e using sent s where e.id = s.id returning e.*, s.stream, s.stream_seq)
insert into outbox_sent (id, event_id, subject, stream, stream_seq, headers, payload, created_at)
select id, event_id, subject, stream, stream_seq, headers, payload, created_at from gone
on conflict do nothing
"""
_REPLAY = """
select event_id, subject, stream, stream_seq, headers::text, payload from outbox_sent
where stream = $1 and stream_seq between $2 and $3 order by stream_seq, sent_at limit $4
"""
# Looks at the first rows only: ids follow time closely, and an index on sent_at would cost every archiving.
_PURGE = """
delete from outbox_sent where id in (
    select id from (select id, sent_at from outbox_sent order by id limit $2) as oldest
    where sent_at < now() - $1::interval
)
"""

# A leader whose host vanished must lose its lock in seconds, not after the two hours of the TCP default.
_KEEPALIVE = {
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "5000",
}
_COMMAND_TIMEOUT_S = 10


class Executor(Protocol):
    """What an asyncpg connection and an asyncpg pool have in common here."""

    async def execute(self, query: str, *args: Any) -> str: ...
    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]: ...


def connector(
    url: str, password: SecretStr | None, *, application_name: str
) -> Callable[[], Awaitable[asyncpg.Connection]]:
    """How an `Outbox` opens its connection: no pooler, short keepalives, every statement bounded to 10 s."""

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(
            url,
            password=password.get_secret_value() if password else None,
            timeout=_COMMAND_TIMEOUT_S,
            command_timeout=_COMMAND_TIMEOUT_S,
            server_settings={"application_name": application_name, **_KEEPALIVE},
        )

    return connect


async def insert_event(connection: Executor, event: Event[Payload]) -> None:
    """Write the event into the caller's open transaction, so that it exists exactly if the change does.

    Take the aggregate's row lock (or check its version) before: ids then follow the order of the changes.
    """
    event_id, subject, aggregate_id, version, headers, payload = outbox_columns(event)
    await connection.execute(_INSERT, event_id, subject, aggregate_id, version, json.dumps(headers), payload)


class PostgresOutbox:
    """`OutboxSource` over the standard tables."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    async def fetch(self, limit: int) -> Sequence[OutboxRecord]:
        rows = await self._connection.fetch(_FETCH, limit)
        return [OutboxRecord(**_with_headers(row)) for row in rows]

    async def archive(self, sent: Sequence[SentRecord]) -> None:
        columns = [s.id for s in sent], [s.stream for s in sent], [s.stream_seq for s in sent]
        await self._connection.execute(_ARCHIVE, *columns)

    async def replay(self, stream: str, first: int, last: int, limit: int) -> Sequence[ArchivedRecord]:
        rows = await self._connection.fetch(_REPLAY, stream, first, last, limit)
        return [ArchivedRecord(**_with_headers(row)) for row in rows]

    async def purge(self, older_than: timedelta, limit: int) -> int:
        status = await self._connection.execute(_PURGE, older_than, limit)
        return int(status.removeprefix("DELETE "))


def _with_headers(row: asyncpg.Record) -> dict[str, Any]:
    return {**row, "headers": from_json(row["headers"])}
