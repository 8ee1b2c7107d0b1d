"""Group commit: events of requests in flight together become durable by one statement."""

from collections.abc import Sequence

from openward_contracts.event import Event, outbox_columns
from openward_contracts.payload import Payload
from pydantic_core import to_json

from openward_servicekit.gathering import Gathering
from openward_servicekit.outbox.postgres import Executor

_INSERT = """
insert into outbox_event (event_id, subject, aggregate_id, aggregate_version, headers, payload)
select event_id, subject, aggregate_id, aggregate_version, headers::jsonb, payload
from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bytea[])
     with ordinality as t (event_id, subject, aggregate_id, aggregate_version, headers, payload, position)
order by position
"""


class GroupWriter:
    """For events that belong to no other change, such as access records."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._gathered: Gathering[Event[Payload], None] = Gathering(self._write)

    async def add(self, event: Event[Payload]) -> None:
        """The event is durable when this returns; raises what the database raised otherwise."""
        await self._gathered(event)

    async def _write(self, events: Sequence[Event[Payload]]) -> Sequence[None]:
        ids, subjects, aggregates, versions, headers, payloads = zip(
            *map(outbox_columns, events), strict=True
        )
        texts = [to_json(value).decode() for value in headers]
        await self._executor.execute(_INSERT, ids, subjects, aggregates, versions, texts, payloads)
        return [None] * len(events)
