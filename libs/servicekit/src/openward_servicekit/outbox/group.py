"""Group commit: events of requests in flight together become durable by one statement."""

import asyncio
import json
from collections.abc import Sequence

from openward_contracts.event import Event, outbox_columns
from openward_contracts.payload import Payload

from openward_servicekit.outbox.postgres import Executor

_INSERT = """
insert into outbox_event (event_id, subject, aggregate_id, aggregate_version, headers, payload)
select event_id, subject, aggregate_id, aggregate_version, headers::jsonb, payload
from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bytea[])
     with ordinality as t (event_id, subject, aggregate_id, aggregate_version, headers, payload, position)
order by position
"""
MAX_GROUP = 200


class GroupWriter:
    """For events that belong to no other change, such as access records.

    The first caller writes at once; who comes meanwhile waits for the next, which takes them all.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._waiting: list[tuple[Event[Payload], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, event: Event[Payload]) -> None:
        """The event is durable when this returns; raises what the database raised otherwise."""
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((event, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), name="group-commit")
        await written

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
            try:
                await self._write([event for event, _ in group])
            except Exception as error:  # noqa: BLE001  handed to every caller that waits for it
                _settle([written for _, written in group], error)
            else:
                _settle([written for _, written in group], None)

    async def _write(self, events: Sequence[Event[Payload]]) -> None:
        ids, subjects, aggregates, versions, headers, payloads = zip(
            *map(outbox_columns, events), strict=True
        )
        texts = [json.dumps(value) for value in headers]
        await self._executor.execute(_INSERT, ids, subjects, aggregates, versions, texts, payloads)


def _settle(futures: Sequence[asyncio.Future[None]], error: Exception | None) -> None:
    for future in futures:
        if future.done():  # its caller has gone away
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
