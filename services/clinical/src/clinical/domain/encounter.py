"""An encounter: what it is made of, and which way it may go.

Codes are those of FHIR R4: EncounterStatus, v3 ActEncounterCode (class) and v3 ParticipationType.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from openward_contracts.identifiers import EhrId, EncounterId, PatientId

from clinical.domain.encounter_errors import EncounterPeriodReversed, EncounterTransitionRefused


class Status(StrEnum):
    PLANNED = "planned"
    ARRIVED = "arrived"
    TRIAGED = "triaged"
    IN_PROGRESS = "in-progress"
    ON_LEAVE = "onleave"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


class EncounterClass(StrEnum):
    AMBULATORY = "AMB"
    EMERGENCY = "EMER"
    FIELD = "FLD"
    HOME = "HH"
    INPATIENT = "IMP"
    ACUTE = "ACUTE"
    NON_ACUTE = "NONAC"
    OBSERVATION = "OBSENC"
    PRE_ADMISSION = "PRENC"
    SHORT_STAY = "SS"
    VIRTUAL = "VR"


class Change(StrEnum):
    """What was done to an encounter; the last word of its event's subject."""

    OPENED = "opened"
    UPDATED = "updated"
    TRANSFERRED = "transferred"
    CLOSED = "closed"
    CANCELLED = "cancelled"


#: The patient has come and not gone.
PRESENT: Final = frozenset({Status.ARRIVED, Status.TRIAGED, Status.IN_PROGRESS, Status.ON_LEAVE})
#: It did not take place.
VOID: Final = frozenset({Status.CANCELLED, Status.ENTERED_IN_ERROR})
#: How it may begin.
BEGINNINGS: Final = frozenset({Status.PLANNED, Status.ARRIVED, Status.TRIAGED, Status.IN_PROGRESS})
#: Somebody is in one bed at a time.
IN_PATIENT: Final = frozenset({EncounterClass.INPATIENT, EncounterClass.ACUTE, EncounterClass.NON_ACUTE})

#: What comes after what on the way; its end has operations of its own.
_ON_THE_WAY: Final[Mapping[Status, frozenset[Status]]] = {
    Status.PLANNED: frozenset({Status.ARRIVED, Status.TRIAGED, Status.IN_PROGRESS}),
    Status.ARRIVED: frozenset({Status.TRIAGED, Status.IN_PROGRESS}),
    Status.TRIAGED: frozenset({Status.IN_PROGRESS}),
    Status.IN_PROGRESS: frozenset({Status.ON_LEAVE}),
    Status.ON_LEAVE: frozenset({Status.IN_PROGRESS}),
}
_REOPENED: Final[Mapping[Status, Status]] = {
    Status.FINISHED: Status.IN_PROGRESS,
    Status.CANCELLED: Status.PLANNED,
}


@dataclass(frozen=True)
class Coded:
    """A code with its system, a text, or both."""

    text: str | None = None
    code: str | None = None
    system: str | None = None


@dataclass(frozen=True)
class Location:
    id: str | None = None
    display: str | None = None


@dataclass(frozen=True)
class Participant:
    """`type`: v3 ParticipationType, e.g. `ATND`."""

    type: str
    id: str | None = None
    display: str | None = None


@dataclass(frozen=True)
class Details:
    """What may be corrected without the encounter going anywhere."""

    encounter_class: EncounterClass
    reason: Coded | None = None
    participants: tuple[Participant, ...] = ()


@dataclass(frozen=True)
class Encounter:
    """`version` grows by one with every change. `started_at`: None while it is only planned (`planned_at`).

    `patient_id` and `ehr_id`: whose it was when it was opened. `ended_at`: once it is finished.
    """

    id: EncounterId
    patient_id: PatientId
    ehr_id: EhrId
    version: int
    status: Status
    details: Details
    location: Location | None
    planned_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    recorded_at: datetime
    recorded_by: str

    @property
    def sorted_at(self) -> datetime:
        """Its start, planned or real: what lists are ordered by."""
        return self.started_at or self.planned_at or self.recorded_at

    @property
    def is_stay(self) -> bool:
        """In a bed, now."""
        return self.status in PRESENT and self.details.encounter_class in IN_PATIENT

    def moved(self, to: Status, at: datetime) -> Self:
        """To another status on the way; it starts when the patient has come."""
        if to not in _ON_THE_WAY.get(self.status, ()):
            raise EncounterTransitionRefused(self.status, to)
        return self._next(status=to, started_at=self.started_at or at)

    def transferred(self, to: Location, encounter_class: EncounterClass | None, at: datetime) -> Self:
        """To another place, maybe as another class: from the emergency department to a ward."""
        if self.status not in PRESENT:
            raise EncounterTransitionRefused(self.status, "transferred")
        self._check_after_start(at)
        kind = encounter_class or self.details.encounter_class
        return self._next(location=to, details=replace(self.details, encounter_class=kind))

    def closed(self, at: datetime) -> Self:
        if self.status not in PRESENT:
            raise EncounterTransitionRefused(self.status, Status.FINISHED)
        self._check_after_start(at)
        return self._next(status=Status.FINISHED, ended_at=at)

    def cancelled(self, *, in_error: bool) -> Self:
        """Before the care began; one that was recorded in error at any time."""
        before = self.status in BEGINNINGS - {Status.IN_PROGRESS}
        to = Status.ENTERED_IN_ERROR if in_error else Status.CANCELLED
        if self.status is Status.ENTERED_IN_ERROR or not (before or in_error):
            raise EncounterTransitionRefused(self.status, to)
        return self._next(status=to)

    def reopened(self) -> Self:
        """Goes on, or is planned again."""
        to = _REOPENED.get(self.status)
        if to is None:
            raise EncounterTransitionRefused(self.status, "reopened")
        started = None if to is Status.PLANNED else self.started_at
        return self._next(status=to, ended_at=None, started_at=started)

    def amended(self, details: Details) -> Self:
        if self.status is Status.ENTERED_IN_ERROR:
            raise EncounterTransitionRefused(self.status, "amended")
        return self._next(details=details)

    def _next(self, **changes: object) -> Self:
        return replace(self, version=self.version + 1, **changes)  # type: ignore[arg-type]  # named by the callers

    def _check_after_start(self, at: datetime) -> None:
        if self.started_at is not None and at < self.started_at:
            raise EncounterPeriodReversed


@dataclass(frozen=True)
class Step:
    """One change as it was recorded: when it happened and when it was written down, by whom, and why."""

    version: int
    change: Change
    status: Status
    encounter_class: EncounterClass
    location: Location | None
    at: datetime
    recorded_at: datetime
    recorded_by: str
    why: str | None = None
