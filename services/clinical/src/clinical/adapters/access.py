"""Access records as events in this service's outbox: on disk before what they speak of is answered."""

import hashlib
from datetime import UTC, datetime
from uuid import uuid4

from openward_contracts.access import RecordDenied, RecordQueried, RecordRead
from openward_contracts.actor import Actor
from openward_contracts.event import Event
from openward_contracts.identifiers import TemplateId, VersionUid
from openward_contracts.payload import Payload
from openward_servicekit.context import current_request_id
from openward_servicekit.outbox.group import GroupWriter
from openward_servicekit.telemetry import traceparent

from clinical.domain.errors import AccessLogUnavailable
from clinical.domain.ports import LinkedEhr

SOURCE = "/openward/clinical"


class OutboxAccessLog:
    """The AccessLog port."""

    def __init__(self, writer: GroupWriter) -> None:
        self._writer = writer

    async def read(
        self,
        actor: Actor,
        ehr: LinkedEhr,
        resource: str,
        uid: VersionUid | None,
        template_id: TemplateId | None,
    ) -> None:
        record = RecordRead(
            patient_id=ehr.patient_id,
            ehr_id=ehr.ehr_id,
            resource=resource,
            version_uid=uid,
            template_id=template_id,
            purpose=actor.purpose,
        )
        await self._add(actor, record)

    async def queried(self, actor: Actor, ehr: LinkedEhr, query: str, rows: int) -> None:
        record = RecordQueried(
            patient_ids=(ehr.patient_id,),
            ehr_ids=(ehr.ehr_id,),
            query_sha256=hashlib.sha256(query.encode()).hexdigest(),
            rows=rows,
            purpose=actor.purpose,
        )
        await self._add(actor, record)

    async def denied(self, actor: Actor, denial: RecordDenied) -> None:
        await self._add(actor, denial)

    async def _add(self, actor: Actor, record: Payload) -> None:
        event_id = uuid4()
        event = Event.of(
            record,
            source=SOURCE,
            aggregate_id=event_id,
            aggregate_version=1,
            actor=actor,
            at=datetime.now(UTC),
            correlation_id=current_request_id() or str(event_id),
            traceparent=traceparent(),
            event_id=event_id,
        )
        try:
            await self._writer.add(event)
        except Exception as error:
            # Whatever kept the record from the disk, nothing may be answered without it.
            raise AccessLogUnavailable from error
