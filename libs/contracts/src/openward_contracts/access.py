"""Access records: who saw what, or was not let. Durable before the content they speak of leaves."""

from typing import Annotated, ClassVar

from pydantic import Field

from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid
from openward_contracts.payload import Code, Payload, Sha256, Slug

#: One record names at most so many ids, to stay below NATS's 1 MiB; who has more writes several records.
MAX_IDS = 10_000

_Resource = Annotated[Slug, Field(description="what it was: `composition`, `patient`, `ehr`, `template`, …")]
_Purpose = Annotated[
    Code | None, Field(description="purpose of use, e.g. `TREAT`; absent when none was given")
]


class RecordRead(Payload):
    """Content was released to the actor."""

    subject: ClassVar[str] = "access.record.read.v1"
    aggregate: ClassVar[str] = "the record itself"

    patient_id: PatientId | None = None
    ehr_id: EhrId | None = None
    resource: _Resource
    version_uid: VersionUid | None = None
    template_id: TemplateId | None = None
    count: int = Field(default=1, ge=0, description="how many of the resource were released")
    purpose: _Purpose = None


class RecordQueried(Payload):
    """A query's result was released to the actor."""

    subject: ClassVar[str] = "access.record.queried.v1"
    aggregate: ClassVar[str] = "the record itself"

    patient_ids: tuple[PatientId, ...] = Field(default=(), max_length=MAX_IDS)
    ehr_ids: tuple[EhrId, ...] = Field(default=(), max_length=MAX_IDS)
    query_sha256: Sha256 = Field(description="of the query's text, which itself may say too much")
    rows: int = Field(ge=0, description="rows that were released")
    purpose: _Purpose = None


class RecordDenied(Payload):
    """The actor asked and was refused."""

    subject: ClassVar[str] = "access.record.denied.v1"
    aggregate: ClassVar[str] = "the record itself"

    patient_id: PatientId | None = None
    ehr_id: EhrId | None = None
    resource: _Resource
    action: Slug = Field(description="what was asked: `read`, `create`, `search`, …")
    reason: Slug = Field(description="stable slug of the rule that refused, e.g. `scope-missing`")
    purpose: _Purpose = None
