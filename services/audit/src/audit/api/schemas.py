"""What goes over the wire at `/api/audit/v1`."""

from datetime import datetime
from uuid import UUID

from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid
from pydantic import BaseModel, ConfigDict, Field

from audit.domain.entry import Outcome
from audit.service.overview import StreamState


class EntryView(BaseModel):
    """One message of one stream, as the log keeps it."""

    model_config = ConfigDict(from_attributes=True)

    index: int = Field(ge=0, description="place in the log; dense, rising")
    stream: str
    sequence: int = Field(description="the message's sequence in its stream")
    event_id: UUID
    kind: str = Field(description="the NATS subject", examples=["access.record.read.v1"])
    time: datetime = Field(description="when it happened, as its source says")
    actor: str | None
    patient_id: PatientId | None = Field(description="null when it concerns none, or several")
    ehr_id: EhrId | None = Field(description="null when it concerns none, or several")
    version_uid: VersionUid | None
    template_id: TemplateId | None
    outcome: Outcome
    correlation_id: str | None
    repaired: bool = Field(description="the stream had lost it; its source's archive gave it again")


class StreamView(BaseModel):
    """How far the log is with a stream."""

    stream: str
    position: int = Field(description="last sequence that is in the log")
    last_sequence: int | None = Field(description="of the stream; null while NATS does not say")
    lag: int | None = Field(description="messages that are not in the log yet")
    gaps_found: int = Field(description="messages that the stream had lost")
    gaps_repaired: int = Field(description="of these, how many are in the log")
    stopped: str | None = Field(description="why nothing more is appended")

    @classmethod
    def of(cls, state: StreamState) -> "StreamView":
        progress = state.progress
        return cls(
            stream=progress.stream,
            position=progress.sequence,
            last_sequence=state.last_sequence,
            lag=state.lag,
            gaps_found=progress.gaps_found,
            gaps_repaired=progress.gaps_repaired,
            stopped=progress.stopped,
        )
