"""Events into the outbox, in the transaction of the change that they tell of."""

from typing import Any

from openward_contracts.event import Event, outbox_columns
from openward_contracts.payload import Payload

from templates.adapters.db import Base64, Json, Prisma


async def publish(tx: Prisma, change: Event[Payload]) -> None:
    columns = outbox_columns(change)
    await tx.outbox_event.create(
        data={
            "event_id": str(columns.event_id),
            "subject": columns.subject,
            "aggregate_id": columns.aggregate_id,
            "aggregate_version": columns.aggregate_version,
            "headers": Json(dict[str, Any](columns.headers)),
            "payload": Base64.encode(columns.payload),
        }
    )
