"""Events of this service, in the transaction that they belong to."""

from collections.abc import Mapping
from typing import Final

from openward_contracts.event import Event
from openward_contracts.payload import Payload
from openward_contracts.templates import TemplatePublished, TemplateRetired, TemplateUploaded
from openward_servicekit.context import current_request_id
from openward_servicekit.telemetry import traceparent

from templates.domain.ports import Happened, Told
from templates.domain.record import Record

SOURCE = "/openward/templates"

_PAYLOADS: Final[Mapping[Happened, type[TemplateUploaded | TemplatePublished | TemplateRetired]]] = {
    Happened.UPLOADED: TemplateUploaded,
    Happened.PUBLISHED: TemplatePublished,
    Happened.RETIRED: TemplateRetired,
}


def event(told: Told, record: Record) -> Event[Payload]:
    """Numbered by the revision: a version is uploaded and published, which is two events of one template."""
    payload = _PAYLOADS[told.what](
        template_id=record.id,
        sha256=told.version.sha256,
        version=told.version.upload,
        semantic_version=str(told.version.number),
    )
    return Event.of(
        payload,
        source=SOURCE,
        aggregate_id=record.id,
        aggregate_version=record.revision,
        actor=told.actor,
        at=record.updated_at,
        correlation_id=current_request_id() or f"{record.id}:{record.revision}",
        traceparent=traceparent(),
    )
