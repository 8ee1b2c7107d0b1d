"""What goes over the wire at `/api/clinical/v1`."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from openward_contracts.identifiers import EhrId, EncounterId, PatientId, TemplateId, VersionUid
from pydantic import BaseModel, ConfigDict, Field

from clinical.domain.intent import Kind
from clinical.domain.record import PatientRecord
from clinical.domain.review import Reason, Side
from clinical.service.review import Review


class LinkedEhrView(BaseModel):
    """The EHR of a patient who was merged into this one: read with the primary, written to no more."""

    ehr_id: EhrId
    patient_id: PatientId
    merge_id: UUID
    since: datetime


class EhrView(BaseModel):
    """A patient's EHR, the one that is written to; `state` is `ready` once EHRbase holds it."""

    ehr_id: EhrId
    state: Annotated[str, Field(examples=["ready"], pattern="^(pending|ready)$")]
    linked: list[LinkedEhrView] | None = Field(default=None, description="absent when there is none")
    survivor_id: PatientId | None = Field(
        default=None, description="who the patient is now; absent unless merged into another"
    )

    @classmethod
    def of(cls, record: PatientRecord) -> "EhrView":
        linked = [LinkedEhrView.model_validate(ehr, from_attributes=True) for ehr in record.linked]
        state = "ready" if record.primary.ready else "pending"
        return cls(
            ehr_id=record.primary.ehr_id,
            state=state,
            linked=linked or None,
            survivor_id=record.survivor_id,
        )


class ReviewedVersion(BaseModel):
    """A version written while the merge held, and for whom it may have been meant."""

    version_uid: VersionUid
    ehr_id: EhrId
    kind: Kind
    template_id: TemplateId | None
    committed_at: datetime
    committer: str
    named_patient_id: PatientId | None = Field(description="the patient whom the caller named")
    suggestion: Side
    reason: Reason


class MergeReview(BaseModel):
    """What was written to the survivor's EHR between the merge and its undoing, or now; ids only.

    Written through this service: what reached EHRbase another way is in the audit log.
    """

    merge_id: UUID
    source_id: PatientId
    survivor_id: PatientId
    merged_at: datetime
    unmerged_at: datetime | None
    versions: list[ReviewedVersion]
    next_after: VersionUid | None = Field(description="`after` of the next page; null on the last")

    @classmethod
    def of(cls, review: Review) -> "MergeReview":
        decision = review.merge.decision
        return cls(
            merge_id=decision.merge_id,
            source_id=decision.source_id,
            survivor_id=decision.survivor_id,
            merged_at=decision.at,
            unmerged_at=review.merge.unmerged_at,
            versions=[
                ReviewedVersion(
                    version_uid=version.uid,
                    ehr_id=version.ehr_id,
                    kind=version.kind,
                    template_id=version.template_id,
                    committed_at=version.committed_at,
                    committer=version.committer,
                    named_patient_id=version.named_id,
                    suggestion=suggestion.side,
                    reason=suggestion.reason,
                )
                for version, suggestion in review.versions
            ],
            next_after=review.next_after,
        )


class Written(BaseModel):
    """A version that EHRbase has confirmed."""

    version_uid: VersionUid
    ehr_id: EhrId
    template_id: TemplateId | None
    encounter_id: EncounterId | None = Field(default=None, description="as it was said with this version")


class AqlQuery(BaseModel):
    """An AQL query as ITS-REST has it; its EHRs are those of the patient, whichever it names."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    q: Annotated[
        str, Field(max_length=65536, examples=["SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c"])
    ]
    query_parameters: dict[str, Any] = Field(default_factory=dict)
    fetch: Annotated[int | None, Field(ge=1, description="rows; the service has a default and a most")] = None
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class ResultColumn(BaseModel):
    name: str
    path: str | None = None


class ResultSetView(BaseModel):
    """Answer to AQL (ITS-REST, RESULT_SET): `rows` have a value for each of `columns`."""

    meta: dict[str, Any] | None = None
    q: str
    name: str | None = None
    columns: list[ResultColumn]
    rows: list[list[Any]]


class UidView(BaseModel):
    """What `Prefer: return=identifier` asks for."""

    uid: str


class SystemDescription(BaseModel):
    """What OPTIONS tells of the service (ITS-REST, System API)."""

    solution: str = "Openward"
    solution_version: str = "0.1.0"
    vendor: str = "Openward"
    restapi_specs_version: str = "1.0.3"
    conformance_profile: str = "CUSTOM"
    endpoints: tuple[str, ...] = ("/ehr", "/query", "/definition", "/demographic/person")
