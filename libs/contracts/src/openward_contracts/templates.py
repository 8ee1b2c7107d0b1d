"""Events of operational templates."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from openward_contracts.identifiers import TemplateId
from openward_contracts.payload import Payload, Sha256, Version

#: major.minor.patch (semver.org)
SemanticVersion = Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$", max_length=32)]


class TemplateUploaded(Payload):
    """An operational template was stored, as a draft or to be published at once."""

    subject: ClassVar[str] = "templates.template.uploaded.v1"
    minor: ClassVar[int] = 1
    aggregate: ClassVar[str] = "template id"

    template_id: TemplateId
    sha256: Sha256 = Field(description="of the template's bytes as they were uploaded")
    version: Version = Field(description="counts the uploads of this template id")
    semantic_version: SemanticVersion | None = Field(default=None, description="that these bytes have")


class TemplatePublished(Payload):
    """A stored template may now be used for compositions; the CDR knows it."""

    subject: ClassVar[str] = "templates.template.published.v1"
    minor: ClassVar[int] = 1
    aggregate: ClassVar[str] = "template id"

    template_id: TemplateId
    sha256: Sha256 = Field(description="of the template's bytes as they were uploaded")
    version: Version = Field(description="the how-manieth upload of this template id it was")
    semantic_version: SemanticVersion | None = Field(default=None, description="that these bytes have")


class TemplateRetired(Payload):
    """A published version is no longer offered; the CDR keeps it where compositions use it."""

    subject: ClassVar[str] = "templates.template.retired.v1"
    aggregate: ClassVar[str] = "template id"

    template_id: TemplateId
    sha256: Sha256 = Field(description="of the template's bytes as they were uploaded")
    version: Version = Field(description="the how-manieth upload of this template id it was")
    semantic_version: SemanticVersion
