"""Access records in the service's outbox: on disk before what they speak of is answered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from openward_contracts.access import RecordDenied
from openward_contracts.actor import Actor
from openward_contracts.catalogue import source_of
from openward_contracts.event import Event
from openward_contracts.payload import Payload

from openward_servicekit.auth import Denial
from openward_servicekit.context import current_request_id
from openward_servicekit.database import make_pool, unchanged
from openward_servicekit.errors import Unavailable
from openward_servicekit.outbox.group import GroupWriter
from openward_servicekit.settings import ServiceSettings
from openward_servicekit.telemetry import traceparent

_SECONDS_UNTIL_RETRY: Final = 5.0


class AccessLogUnavailable(Unavailable):
    """Without a durable access record nothing that needs one may be answered."""

    slug = "access-log-unavailable"

    def __init__(self) -> None:
        super().__init__("The access cannot be recorded.", retry_after=_SECONDS_UNTIL_RETRY)


@asynccontextmanager
async def open_access_records(settings: ServiceSettings) -> AsyncIterator["AccessRecords"]:
    """On one connection of their own: groups are written one after the other."""
    async with make_pool(settings, size=1, reset=unchanged) as pool:
        yield AccessRecords(GroupWriter(pool), settings.service)


class AccessRecords:
    """Writes `access.record.*` events of one service."""

    def __init__(self, writer: GroupWriter, service: str) -> None:
        self._writer = writer
        self._source = source_of(service)

    async def add(self, actor: Actor, record: Payload) -> None:
        """Durable when this returns; raises AccessLogUnavailable otherwise."""
        record_id = uuid4()
        event = Event.of(
            record,
            source=self._source,
            aggregate_id=record_id,
            aggregate_version=1,
            actor=actor,
            at=datetime.now(UTC),
            correlation_id=current_request_id() or str(record_id),
            traceparent=traceparent(),
            event_id=record_id,
        )
        try:
            await self._writer.add(event)
        except Exception as error:
            # Whatever kept the record from the disk, nothing may be answered without it.
            raise AccessLogUnavailable from error

    async def denied(self, denial: Denial) -> None:
        """The `on_denied` of an Authorizer."""
        actor = denial.principal.actor()
        record = RecordDenied(
            patient_id=denial.patient_id,
            ehr_id=denial.ehr_id,
            resource=denial.permission.resource,
            action=denial.permission.action,
            reason=denial.reason,
            purpose=actor.purpose,
        )
        await self.add(actor, record)
