"""What goes over the wire at `/api/patients/v1/matching`; only `patient` and `patients` are personal data."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from openward_contracts.identifiers import PatientId
from openward_contracts.problem import Problem
from pydantic import BaseModel, ConfigDict, Field

from patients.api.schemas import PatientView
from patients.domain.dates import Moment
from patients.domain.duplicates.judging import Candidate, Judged, described
from patients.domain.duplicates.pairs import Pair, PairState
from patients.domain.duplicates.runs import Run, RunState
from patients.domain.matching.comparison import Grade
from patients.domain.matching.vocabulary import Level
from patients.domain.record import PatientRecord
from patients.domain.text import Reason
from patients.service.reviewing import Seen

PREVIEW = "/api/patients/v1/merges/preview"


class FieldView(BaseModel):
    """One field compared: `weight` in bits for (or against) one person."""

    field: str
    level: Level
    weight: float
    phrase: str


class ComparisonView(BaseModel):
    """Evidence in bits, field by field and in all, and in a sentence that holds no values."""

    weight: float
    fields: list[FieldView]
    sentence: str


class GradedView(ComparisonView):
    """`probability` and `grade` (FHIR match-grade) in a registry of today's size."""

    probability: float
    grade: Grade


class SuspectView(GradedView):
    """Who may be the person already. `mrn` for those who may read the record."""

    patient_id: PatientId
    mrn: str | None = None


class PossibleDuplicateProblem(Problem):
    """`possible-duplicate`: register with `confirm=duplicates` and a reason, or take one of these.

    Other conflicts have no candidates.
    """

    candidates: tuple[SuspectView, ...] = ()
    truncated: bool = Field(
        default=False, description="there may be better candidates that were not looked at"
    )


class CandidateView(GradedView):
    patient: PatientView

    @classmethod
    def of(cls, candidate: Candidate) -> "CandidateView":
        return cls(
            **described(candidate.comparison),
            probability=round(candidate.probability, 4),
            grade=candidate.grade,
            patient=PatientView.of(candidate.patient),
        )


class MatchRequest(BaseModel):
    """A record to be compared with all; nothing of it is stored."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    record: PatientRecord
    count: int = Field(default=10, ge=1, le=30)
    only_certain: bool = Field(default=False, description="the one certain patient; nobody where two are")


class CandidatesView(BaseModel):
    candidates: list[CandidateView]
    truncated: bool = Field(description="there may be better candidates that were not looked at")

    @classmethod
    def of(cls, judged: Judged, count: int) -> "CandidatesView":
        return cls(
            candidates=[CandidateView.of(each) for each in judged.candidates[:count]],
            truncated=judged.truncated,
        )


class PairView(ComparisonView):
    """Two patients that may be one; `low_id` < `high_id`. `model`: version of the weights."""

    low_id: PatientId
    high_id: PatientId
    state: PairState
    model: str
    origin: str
    found_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = Field(default=None, description="`sub` of whoever decided")
    reason: str | None = None

    @classmethod
    def of(cls, pair: Pair) -> "PairView":
        verdict = pair.verdict
        return cls(
            **{name: pair.comparison[name] for name in ("weight", "fields", "sentence")},
            low_id=pair.low_id,
            high_id=pair.high_id,
            state=pair.state,
            model=pair.model,
            origin=pair.origin,
            found_at=pair.found_at,
            decided_at=verdict.at if verdict else None,
            decided_by=verdict.by.sub if verdict else None,
            reason=verdict.reason if verdict else None,
        )


class PairsView(BaseModel):
    items: list[PairView]
    next_cursor: str | None = None


class SeenView(PairView):
    """With both records, the lower id first."""

    patients: list[PatientView]

    @classmethod
    def of_seen(cls, seen: Seen) -> "SeenView":
        patients = [PatientView.of(patient) for patient in seen.patients]
        return cls(**dict(PairView.of(seen.pair)), patients=patients)


class VerdictBody(BaseModel):
    """`same` merges nobody; it answers where a merge can be looked at."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    verdict: Literal["same", "different", "unsure"]
    reason: Reason


class DecidedView(PairView):
    merge_preview: str | None = Field(default=None, description="of `same`: where to post both ids next")

    @classmethod
    def of_decided(cls, pair: Pair) -> "DecidedView":
        preview = PREVIEW if pair.state is PairState.SAME else None
        return cls(**dict(PairView.of(pair)), merge_preview=preview)


class RunBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    since: Moment | None = Field(default=None, description="only who was registered or changed since")


class RunView(BaseModel):
    """`queued` patients so far, `left` of them to be compared."""

    id: UUID
    state: RunState
    since: datetime | None = None
    queued: int
    left: int
    created_at: datetime
    finished_at: datetime | None = Field(default=None, description="when the last patient was queued")

    @classmethod
    def of(cls, run: Run) -> "RunView":
        return cls(
            id=run.id,
            state=run.state,
            since=run.since,
            queued=run.queued,
            left=run.left,
            created_at=run.created_at,
            finished_at=run.finished_at,
        )
