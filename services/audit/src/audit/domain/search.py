"""What an auditor asks for and gets."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid

from audit.domain.entry import Outcome
from audit.domain.errors import PeriodEmpty


@dataclass(frozen=True, slots=True)
class Filters:
    """What is None does not matter. A `kind` that ends in a dot is a beginning; `since` <= time < `until`."""

    patient_id: PatientId | None = None
    actor: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since >= self.until:
            raise PeriodEmpty

    def __str__(self) -> str:
        """One text for one search: cursors are bound to it, access records hold its hash."""
        times = (moment and moment.timestamp() for moment in (self.since, self.until))
        return " ".join(map(repr, (str(self.patient_id or ""), self.actor, self.kind, *times)))


@dataclass(frozen=True, slots=True)
class Place:
    """Of an entry in whichever order a search has."""

    time: datetime
    index: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is shown. `patient_id` and `ehr_id` are None when it concerns several."""

    index: int
    stream: str
    sequence: int
    event_id: UUID
    kind: str
    time: datetime
    actor: str | None
    patient_id: PatientId | None
    ehr_id: EhrId | None
    version_uid: VersionUid | None
    template_id: TemplateId | None
    outcome: Outcome
    correlation_id: str | None
    repaired: bool

    @property
    def place(self) -> Place:
        return Place(self.time, self.index)
