"""What goes over the wire at `/api/patients/v1/merges`, and about a patient's merges."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from openward_contracts.identifiers import EhrId, PatientId
from pydantic import BaseModel, ConfigDict, Field

from patients.domain.merges.merge import Merge, MergeRequest, MergeState
from patients.domain.merges.preview import Doubt, Preview, Verdict
from patients.domain.merges.review import Because, Edit, Suggestion
from patients.domain.patient import Patient
from patients.domain.text import Reason
from patients.service.merge_records import Links, Member


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Pair(_Body):
    source_id: PatientId = Field(description="is merged into the other")
    target_id: PatientId = Field(description="survives")


class MergeBody(Pair):
    """The versions are those of the preview: if either has changed since, the answer is 412."""

    source_version: int = Field(ge=1)
    target_version: int = Field(ge=1)
    reason: Reason

    def request(self) -> MergeRequest:
        return MergeRequest(
            self.source_id, self.target_id, self.source_version, self.target_version, self.reason
        )


class UnmergeBody(_Body):
    reason: Reason


class MergeView(BaseModel):
    """`holds` is the registry's word, and right at once; `state` says whether clinical has followed."""

    id: UUID
    source_id: PatientId
    target_id: PatientId
    source_version: int = Field(description="of the source after the merge")
    target_version: int = Field(description="of the target after the merge")
    state: MergeState
    holds: bool
    reason: str
    merged_at: datetime
    merged_by: str = Field(description="`sub` of whoever did it")
    unmerge_reason: str | None = None
    unmerged_at: datetime | None = None
    unmerged_by: str | None = None

    @classmethod
    def of(cls, merge: Merge) -> "MergeView":
        undone = merge.unmerged
        return cls(
            id=merge.id,
            source_id=merge.source_id,
            target_id=merge.target_id,
            source_version=merge.source_version,
            target_version=merge.target_version,
            state=merge.state,
            holds=merge.holds,
            reason=merge.merged.reason,
            merged_at=merge.merged.at,
            merged_by=merge.merged.by.sub,
            unmerge_reason=undone and undone.reason,
            unmerged_at=undone and undone.at,
            unmerged_by=undone and undone.by.sub,
        )

    def body(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode()


class PreviewedPatient(BaseModel):
    patient_id: PatientId
    version: int = Field(description="send it back with the merge")
    mrn: str
    ehr_id: EhrId

    @classmethod
    def of(cls, patient: Patient) -> "PreviewedPatient":
        return cls(patient_id=patient.id, version=patient.version, mrn=patient.mrn, ehr_id=patient.ehr_id)


class PreviewedField(BaseModel):
    """Values are absent where the record says nothing."""

    field: str
    verdict: Verdict
    source: Any = None
    target: Any = None


class PreviewView(BaseModel):
    source: PreviewedPatient
    target: PreviewedPatient
    linked: list[PreviewedPatient] = Field(description="merged into the source before; they come with it")
    fields: list[PreviewedField]
    warnings: list[Doubt]

    @classmethod
    def of(cls, preview: Preview) -> "PreviewView":
        return cls(
            source=PreviewedPatient.of(preview.source),
            target=PreviewedPatient.of(preview.target),
            linked=[PreviewedPatient.of(patient) for patient in preview.linked],
            fields=[
                PreviewedField(field=pair.field, verdict=pair.verdict, source=pair.source, target=pair.target)
                for pair in preview.fields
            ],
            warnings=list(preview.doubts),
        )


class MergedPatient(BaseModel):
    """`since`: when it came to the patient that was asked for, maybe over several merges."""

    patient_id: PatientId
    merge_id: UUID
    since: datetime


class LinksView(BaseModel):
    patient_id: PatientId
    survivor_id: PatientId = Field(description="the end of the chain of merges; the patient if not merged")
    merged_into: MergedPatient | None = Field(default=None, description="the next in the chain")
    merged: list[MergedPatient] = Field(description="over any number of merges")

    @classmethod
    def of(cls, links: Links) -> "LinksView":
        away = links.away
        return cls(
            patient_id=links.patient.id,
            survivor_id=links.survivor_id,
            merged_into=away
            and MergedPatient(patient_id=away.target_id, merge_id=away.id, since=away.merged.at),
            merged=[
                MergedPatient(patient_id=each.patient.id, merge_id=each.merge_id, since=each.span.since)
                for each in links.members
                if each.merge_id
            ],
        )


class EhrSpan(BaseModel):
    """For which time the EHR had this role; `valid_to` is absent while it has it."""

    ehr_id: EhrId
    patient_id: PatientId
    role: Literal["primary", "linked"] = Field(description="only the primary EHR is written to")
    valid_from: datetime
    valid_to: datetime | None = None
    merge_id: UUID | None = Field(default=None, description="the decision that linked it")

    @classmethod
    def of(cls, member: Member) -> "EhrSpan":
        return cls(
            ehr_id=member.patient.ehr_id,
            patient_id=member.patient.id,
            role="linked" if member.merge_id else "primary",
            valid_from=member.span.since,
            valid_to=member.span.until,
            merge_id=member.merge_id,
        )


class EhrIndex(BaseModel):
    items: list[EhrSpan]


class EditView(BaseModel):
    """A value that came (`after`) or went (`before`) while the merge held."""

    patient_id: PatientId = Field(description="the survivor on which it was changed")
    version: int
    at: datetime
    by: str
    field: str
    before: Any = None
    after: Any = None
    suggestion: Suggestion = Field(description="whose it is")
    because: Because

    @classmethod
    def of(cls, edit: Edit) -> "EditView":
        return cls(
            patient_id=edit.patient_id,
            version=edit.version,
            at=edit.at,
            by=edit.by,
            field=edit.field,
            before=edit.before,
            after=edit.after,
            suggestion=edit.suggestion,
            because=edit.because,
        )


class ReviewView(BaseModel):
    merge: MergeView
    edits: list[EditView]
    clinical_review: str = Field(description="what was written to the EHRs meanwhile")

    @classmethod
    def of(cls, merge: Merge, edits: Sequence[Edit]) -> "ReviewView":
        return cls(
            merge=MergeView.of(merge),
            edits=[EditView.of(edit) for edit in edits],
            clinical_review=f"/api/clinical/v1/merges/{merge.id}/review",
        )
