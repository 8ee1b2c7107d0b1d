"""From a commit in EHRbase to the event at a subscriber, while others read and write."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID, uuid4

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from bench.clinical_load import Pace
from bench.clinical_record import Records
from bench.clinical_stage import Stage

#: In a second, together about a third of what two cores bear.
_READS, _WRITES_THROUGH, _WRITES_PAST = 100, 10, 15
_CONNECTIONS: Final = 4
_STREAM, _SUBJECT = "CLINICAL", "clinical.composition.created.v1"
#: Compositions that others have committed meanwhile are not there: nobody else writes.
_BETWEEN = """
select event_id, extract(epoch from created_at)::float8 as captured
from evt.ehr_event_sent where subject = $1 and created_at >= to_timestamp($2)
"""


async def event_seconds(stage: Stage, records: Records, seconds: float) -> list[float]:
    """Of each composition committed in that time, by the product and past it.

    From the trigger in EHRbase's transaction, which is shortly before its commit, until a consumer of the
    stream has the event. Raises RuntimeError when one is missing.
    """
    arrived: dict[UUID, float] = {}
    began = time.time()
    async with _subscribed(stage, arrived):
        async with asyncio.TaskGroup() as load:
            for requests, rate in (
                (records.reads(stage.openward, records.read, latest=True), _READS),
                (records.flat_posts(stage.openward), _WRITES_THROUGH),
                (records.flat_posts(stage.direct), _WRITES_PAST),
            ):
                load.create_task(requests.sent(Pace(_CONNECTIONS, seconds=seconds, rate=rate)))
        await stage.drained()
        await asyncio.sleep(1)
    rows = await stage.ehrbase.fetch(_BETWEEN, _SUBJECT, began)
    if missing := [row for row in rows if row["event_id"] not in arrived]:
        raise RuntimeError(f"{len(missing)} of {len(rows)} events did not arrive")
    return [arrived[row["event_id"]] - row["captured"] for row in rows]


@asynccontextmanager
async def _subscribed(stage: Stage, arrived: dict[UUID, float]) -> AsyncIterator[None]:
    """Notes when each event comes, by its id; as a consumer of the stream, so after it was stored."""

    async def note(message: Msg) -> None:
        arrived.setdefault(UUID((message.headers or {})["ce-id"]), time.time())

    async with _connection(stage) as client:
        inbox = client.new_inbox()
        await client.subscribe(inbox, cb=note)
        await client.jetstream().add_consumer(
            _STREAM,
            ConsumerConfig(
                name=f"bench-{uuid4().hex}",
                deliver_subject=inbox,
                deliver_policy=DeliverPolicy.NEW,
                ack_policy=AckPolicy.NONE,
                filter_subject=_SUBJECT,
                inactive_threshold=60,
            ),
        )
        yield


@asynccontextmanager
async def _connection(stage: Stage) -> AsyncIterator[Client]:
    """As the audit log, which may read every stream."""
    seed = stage.stack.secret("audit.nk").read_text().strip()
    client = await nats.connect(stage.stack.nats_url, nkeys_seed_str=seed, inbox_prefix="_INBOX_audit")
    try:
        yield client
    finally:
        await client.close()
