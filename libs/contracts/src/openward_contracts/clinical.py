"""Events of clinical records: every commit in the CDR, whoever made it."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from openward_contracts.identifiers import ContributionId, EhrId, PatientId, TemplateId, VersionUid
from openward_contracts.payload import Payload


class EhrCreated(Payload):
    """An EHR exists in the CDR."""

    subject: ClassVar[str] = "clinical.ehr.created.v1"
    aggregate: ClassVar[str] = "EHR id"

    ehr_id: EhrId
    patient_id: PatientId | None = Field(default=None, description="absent when the EHR has no known patient")
    contribution_id: ContributionId


class _Committed(Payload):
    ehr_id: EhrId
    patient_id: PatientId | None = Field(default=None, description="absent when the EHR has no known patient")
    version_uid: VersionUid
    contribution_id: ContributionId
    committed_at: AwareDatetime = Field(description="the CDR's commit time")


class EhrStatusUpdated(_Committed):
    """An EHR's status got a new version: subject, queryable, modifiable or other details."""

    subject: ClassVar[str] = "clinical.ehr_status.updated.v1"
    aggregate: ClassVar[str] = "versioned object id"

    physical: bool = Field(default=False, description="true: this version was erased together with its EHR")


class CompositionCreated(_Committed):
    """A composition was committed for the first time."""

    subject: ClassVar[str] = "clinical.composition.created.v1"
    aggregate: ClassVar[str] = "versioned object id"

    template_id: TemplateId | None = None


class CompositionUpdated(_Committed):
    """A composition got a further version."""

    subject: ClassVar[str] = "clinical.composition.updated.v1"
    aggregate: ClassVar[str] = "versioned object id"

    template_id: TemplateId | None = None


class CompositionDeleted(_Committed):
    """A composition was deleted.

    Logical deletion adds a version, `version_uid` names it. Physical deletion (`physical`) erases versions: one
    event for each, `version_uid` names the version that is no more. The same version can be in both, so a
    physical deletion's event needs an `event_id` of its own.
    """

    subject: ClassVar[str] = "clinical.composition.deleted.v1"
    aggregate: ClassVar[str] = "versioned object id"

    template_id: TemplateId | None = None
    physical: bool = Field(default=False, description="true: erased, cannot be read any more")


class DirectoryChanged(_Committed):
    """An EHR's directory of folders was made, changed or deleted."""

    subject: ClassVar[str] = "clinical.directory.changed.v1"
    aggregate: ClassVar[str] = "versioned object id"

    change: Literal["created", "updated", "deleted"]
    physical: bool = Field(default=False, description="true: erased, cannot be read any more")
