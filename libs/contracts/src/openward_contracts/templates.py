"""Events of operational templates."""

from typing import ClassVar

from pydantic import Field

from openward_contracts.identifiers import TemplateId
from openward_contracts.payload import Payload, Sha256, Version


class TemplateUploaded(Payload):
    """An operational template was stored; `version` counts the uploads of this template id."""

    subject: ClassVar[str] = "templates.template.uploaded.v1"
    aggregate: ClassVar[str] = "template id"

    template_id: TemplateId
    sha256: Sha256 = Field(description="of the template's bytes as they were uploaded")
    version: Version


class TemplatePublished(Payload):
    """A stored template may now be used for compositions; the CDR knows it."""

    subject: ClassVar[str] = "templates.template.published.v1"
    aggregate: ClassVar[str] = "template id"

    template_id: TemplateId
    sha256: Sha256 = Field(description="of the template's bytes as they were uploaded")
    version: Version
