"""Templates as Prisma's rows, and back."""

from typing import Any

from openward_contracts.identifiers import TemplateId

from templates.adapters.db import models
from templates.domain.template import State, Template


def columns(template: Template) -> Any:
    """What an insert or update of the template's own row writes."""
    return {
        "template_id": str(template.id),
        "version": template.version,
        "revision": template.revision,
        "sha256": template.sha256,
        "size": template.size,
        "state": template.state,
        "concept": template.concept,
        "archetype_id": template.archetype_id,
        "refusal": template.refusal,
        "uploaded_by": template.uploaded_by,
        "created_at": template.created_at,
        "updated_at": template.updated_at,
        "published_at": template.published_at,
    }


def to_template(row: models.Template) -> Template:
    return Template(
        id=TemplateId(row.template_id),
        version=row.version,
        revision=row.revision,
        sha256=row.sha256,
        size=row.size,
        state=State(row.state),
        concept=row.concept,
        archetype_id=row.archetype_id,
        refusal=row.refusal,
        uploaded_by=row.uploaded_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        published_at=row.published_at,
    )
