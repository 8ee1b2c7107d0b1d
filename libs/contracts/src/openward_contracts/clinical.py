"""Events of clinical records: every commit in the CDR, whoever made it."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from openward_contracts.identifiers import (
    ContributionId,
    EhrId,
    EncounterId,
    PatientId,
    TemplateId,
    VersionUid,
)
from openward_contracts.payload import Payload, Version


class EhrCreated(Payload):
    """An EHR exists in the CDR."""

    subject: ClassVar[str] = "clinical.ehr.created.v1"
    aggregate: ClassVar[str] = "EHR id"

    ehr_id: EhrId
    patient_id: PatientId | None = Field(default=None, description="absent when the EHR has no known patient")
    contribution_id: ContributionId

    def occurrence(self) -> str:
        """An EHR that was erased may be made again under its id."""
        return str(self.contribution_id)


class _OfMerge(Payload):
    merge_id: UUID = Field(description="the registry's decision")
    patient_id: PatientId = Field(description="the patient that was merged into another: the source")
    ehr_id: EhrId = Field(description="the source's own EHR")
    survivor_ehr_id: EhrId = Field(description="the survivor's own EHR")

    def occurrence(self) -> str:
        """An EHR may be merged, freed and merged again while its status stays at one version."""
        return str(self.merge_id)


class EhrMerged(_OfMerge):
    """A merge was carried out: the source's EHR cannot be written to and is read with the survivor's."""

    subject: ClassVar[str] = "clinical.ehr.merged.v1"
    aggregate: ClassVar[str] = "EHR id"


class EhrUnmerged(_OfMerge):
    """A merge was undone: the source's EHR is as writable as before and is read on its own."""

    subject: ClassVar[str] = "clinical.ehr.unmerged.v1"
    aggregate: ClassVar[str] = "EHR id"


class _Committed(Payload):
    ehr_id: EhrId
    patient_id: PatientId | None = Field(default=None, description="absent when the EHR has no known patient")
    version_uid: VersionUid
    contribution_id: ContributionId
    committed_at: AwareDatetime = Field(description="the CDR's commit time")

    def occurrence(self) -> str:
        """A version that was erased may be made again under its uid."""
        return str(self.contribution_id)


class _Erasable(_Committed):
    physical: bool = Field(
        default=False, description="true: this version was erased and cannot be read any more"
    )

    def occurrence(self) -> str:
        """A version may first be made or deleted, then erased: two events about it."""
        return f"{super().occurrence()}:physical" if self.physical else super().occurrence()


class EhrStatusUpdated(_Erasable):
    """An EHR's status got a new version, or one was erased together with its EHR."""

    subject: ClassVar[str] = "clinical.ehr_status.updated.v1"
    aggregate: ClassVar[str] = "versioned object id"


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


class CompositionDeleted(_Erasable):
    """A composition was deleted.

    Logical deletion adds a version: `version_uid` names it. Physical deletion (`physical`) erases versions:
    one event for each, `version_uid` names the one that is no more.
    """

    subject: ClassVar[str] = "clinical.composition.deleted.v1"
    aggregate: ClassVar[str] = "versioned object id"

    template_id: TemplateId | None = None


class CompositionPlaced(Payload):
    """A composition was put into an encounter, moved to another or taken out; it has no new version by that.

    Its versions are told by another database, so this may come before the event of `version_uid`.
    """

    subject: ClassVar[str] = "clinical.composition.placed.v1"
    aggregate: ClassVar[str] = "versioned object id"

    ehr_id: EhrId
    patient_id: PatientId | None = Field(default=None, description="absent when the EHR has no known patient")
    version_uid: VersionUid = Field(description="the composition's latest when this was said")
    template_id: TemplateId | None = None
    step: Version = Field(description="counts the changes of the composition's encounter")
    encounter_id: EncounterId | None = Field(
        default=None, description="where it belongs from now on; absent when it was taken out"
    )
    from_encounter_id: EncounterId | None = Field(
        default=None, description="where it belonged until now; absent when that was nowhere"
    )

    def occurrence(self) -> str:
        """A version may be put somewhere else many times."""
        return str(self.step)


class DirectoryChanged(_Erasable):
    """An EHR's directory of folders was made, changed or deleted."""

    subject: ClassVar[str] = "clinical.directory.changed.v1"
    aggregate: ClassVar[str] = "versioned object id"

    change: Literal["created", "updated", "deleted"]
