"""What goes over the wire."""

from datetime import datetime
from typing import Annotated

from openward_contracts.identifiers import TemplateId
from pydantic import BaseModel, Field, PlainSerializer

from templates.domain.template import State, Template


class TemplateView(BaseModel):
    """A template without its document, of which `sha256` and `size` (bytes) speak."""

    template_id: TemplateId
    version: Annotated[int, Field(description="counts the uploads of this id")]
    state: Annotated[State, Field(description="`published`: compositions can be made with it")]
    refusal: Annotated[str | None, Field(description="why the clinical data repository does not have it")]
    concept: str
    archetype_id: str
    sha256: str
    size: int
    uploaded_by: Annotated[str, Field(description="the subject of the token")]
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None

    @classmethod
    def of(cls, template: Template) -> "TemplateView":
        return cls(
            template_id=template.id,
            version=template.version,
            state=template.state,
            refusal=template.refusal,
            concept=template.concept,
            archetype_id=template.archetype_id,
            sha256=template.sha256,
            size=template.size,
            uploaded_by=template.uploaded_by,
            created_at=template.created_at,
            updated_at=template.updated_at,
            published_at=template.published_at,
        )


def _in_milliseconds(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class TemplateListed(BaseModel):
    """A row of the openEHR ITS-REST list, its time as EHRbase's own client reads it: to the millisecond."""

    template_id: TemplateId
    concept: str
    archetype_id: str
    created_timestamp: Annotated[datetime, PlainSerializer(_in_milliseconds)]

    @classmethod
    def of(cls, template: Template) -> "TemplateListed":
        return cls(
            template_id=template.id,
            concept=template.concept,
            archetype_id=template.archetype_id,
            created_timestamp=template.created_at,
        )
