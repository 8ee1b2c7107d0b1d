"""What goes over the wire about encounters."""

from datetime import datetime
from typing import Annotated

from openward_contracts.identifiers import EhrId, EncounterId, PatientId
from openward_contracts.page import Page
from openward_contracts.payload import Code
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from clinical.api.periods import SentMoment
from clinical.domain.encounter import (
    BEGINNINGS,
    Change,
    Coded,
    Details,
    Encounter,
    EncounterClass,
    Location,
    Participant,
    Status,
    Step,
)
from clinical.service.encounters import Opening

_Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
_At = Annotated[SentMoment | None, Field(description="with a zone; now, if absent")]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _Told(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CodedText(_Sent):
    """A code with its system, a text, or both."""

    model_config = ConfigDict(from_attributes=True)

    text: _Text | None = None
    code: Code | None = None
    system: Code | None = Field(default=None, description="URI of the code system; with a code only")

    @model_validator(mode="after")
    def _holds_something(self) -> "CodedText":
        if not (self.text or self.code) or (self.system and not self.code):
            raise ValueError("needs a text or a code, and a code for its system")
        return self

    def value(self) -> Coded:
        return Coded(self.text, self.code, self.system)


class Place(_Sent):
    """An id of the house's own, a name to show, or both."""

    model_config = ConfigDict(from_attributes=True)

    id: Code | None = None
    display: _Name | None = None

    @model_validator(mode="after")
    def _holds_something(self) -> "Place":
        if not (self.id or self.display):
            raise ValueError("needs an id or a name")
        return self

    def value(self) -> Location:
        return Location(self.id, self.display)


class Attendant(_Sent):
    """Who takes part, and as what: v3 ParticipationType, e.g. ATND, ADM, CON, REF."""

    model_config = ConfigDict(from_attributes=True)

    type: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,10}$")] = "PART"
    id: Code | None = None
    display: _Name | None = None

    def value(self) -> Participant:
        return Participant(self.type, self.id, self.display)


class EncounterDetails(_Sent):
    encounter_class: EncounterClass = Field(description="HL7 v3 ActEncounterCode")
    reason: CodedText | None = None
    participants: Annotated[list[Attendant], Field(max_length=50)] = []

    def value(self) -> Details:
        participants = tuple(each.value() for each in self.participants)
        return Details(self.encounter_class, self.reason.value() if self.reason else None, participants)


class EncounterOpening(EncounterDetails):
    status: Status = Field(default=Status.IN_PROGRESS, description="planned, arrived, triaged or in-progress")
    location: Place | None = None
    at: Annotated[SentMoment | None, Field(description="its start, or when it is planned for")] = None

    @model_validator(mode="after")
    def _begins(self) -> "EncounterOpening":
        if self.status not in BEGINNINGS:
            raise ValueError("an encounter begins planned, arrived, triaged or in-progress")
        return self

    def opening(self) -> Opening:
        return Opening(self.status, self.value(), self.location.value() if self.location else None, self.at)


class EncounterMove(_Sent):
    status: Status = Field(description="arrived, triaged, in-progress or onleave")
    at: _At = None


class EncounterTransfer(_Sent):
    location: Place
    encounter_class: EncounterClass | None = Field(default=None, description="another one from now on")
    at: _At = None


class EncounterClosing(_Sent):
    at: _At = None


class EncounterReason(_Sent):
    why: _Text


class EncounterCancellation(EncounterReason):
    entered_in_error: bool = Field(default=False, description="it should not have been recorded")


class EncounterChanged(BaseModel):
    """Where the encounter stands; what it holds is read with its own access record."""

    encounter_id: EncounterId
    version: int = Field(description="also the ETag")
    status: Status

    @classmethod
    def of(cls, encounter: Encounter) -> "EncounterChanged":
        return cls(encounter_id=encounter.id, version=encounter.version, status=encounter.status)


class EncounterView(_Told):
    encounter_id: EncounterId
    patient_id: PatientId
    ehr_id: EhrId
    version: int
    status: Status
    encounter_class: EncounterClass
    reason: CodedText | None = None
    participants: list[Attendant] = []
    location: Place | None = None
    planned_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    recorded_at: datetime
    recorded_by: str

    @classmethod
    def of(cls, encounter: Encounter) -> "EncounterView":
        details = encounter.details
        return cls.model_validate(
            {
                **vars(encounter),
                **vars(details),
                "encounter_id": encounter.id,
                "reason": details.reason and CodedText.model_validate(details.reason),
                "location": encounter.location and Place.model_validate(encounter.location),
                "participants": [Attendant.model_validate(each) for each in details.participants],
            }
        )


class EncounterStep(_Told):
    """One change: `at` when it happened, `recorded_at` when it was written down."""

    version: int
    change: Change
    status: Status
    encounter_class: EncounterClass
    location: Place | None = None
    at: datetime
    recorded_at: datetime
    recorded_by: str
    why: str | None = None

    @classmethod
    def of(cls, step: Step) -> "EncounterStep":
        return cls.model_validate(step)


EncounterPage = Page[EncounterView]
