"""Events of this service, in the transaction that they belong to."""

from openward_contracts.actor import Actor
from openward_contracts.event import Event
from openward_contracts.payload import Payload
from openward_contracts.templates import TemplatePublished, TemplateUploaded
from openward_servicekit.context import current_request_id
from openward_servicekit.telemetry import traceparent

from templates.domain.template import Template

SOURCE = "/openward/templates"


def uploaded(template: Template, actor: Actor) -> Event[Payload]:
    payload = TemplateUploaded(template_id=template.id, sha256=template.sha256, version=template.version)
    return _event(payload, template, actor)


def published(template: Template, actor: Actor) -> Event[Payload]:
    payload = TemplatePublished(template_id=template.id, sha256=template.sha256, version=template.version)
    return _event(payload, template, actor)


def _event(payload: Payload, template: Template, actor: Actor) -> Event[Payload]:
    """Numbered by the revision: a version is uploaded and published, which is two events of one template."""
    return Event.of(
        payload,
        source=SOURCE,
        aggregate_id=template.id,
        aggregate_version=template.revision,
        actor=actor,
        at=template.updated_at,
        correlation_id=current_request_id() or f"{template.id}:{template.revision}",
        traceparent=traceparent(),
    )
