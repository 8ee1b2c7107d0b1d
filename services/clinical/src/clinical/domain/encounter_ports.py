"""Where encounters are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, EncounterId, PatientId

from clinical.domain.bounds import Bound
from clinical.domain.cursors import Place
from clinical.domain.encounter import Encounter, EncounterClass, Status, Step


@dataclass(frozen=True)
class Wanted:
    """Which of a person's encounters: of any of these statuses and classes (none: all), within the period."""

    statuses: frozenset[Status] = frozenset()
    classes: frozenset[EncounterClass] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def __str__(self) -> str:
        """The same text for the same wish."""
        return f"{sorted(self.statuses)} {sorted(self.classes)} {self.since} {self.until}"


@dataclass(frozen=True)
class Sought:
    """Which encounters, of everybody or of `patients`; all must hold, of each set one. None: whichever.

    `hidden`: EHRs whose encounters are left out. `location`, `participant`: ids of the house's own.
    `dates`: of the period; what has not ended goes on.
    """

    patients: frozenset[PatientId] | None = None
    ids: frozenset[EncounterId] | None = None
    statuses: frozenset[Status] | None = None
    classes: frozenset[EncounterClass] | None = None
    location: str | None = None
    participant: str | None = None
    hidden: Sequence[EhrId] = ()
    dates: Sequence[Bound] = ()
    updated: Sequence[Bound] = ()

    def __str__(self) -> str:
        """The same text for the same wish."""
        sets = (self.patients, self.ids, self.statuses, self.classes)
        told = [each if each is None else sorted(map(str, each)) for each in sets]
        return f"{told} {self.location} {self.participant} {self.dates} {self.updated}"


@dataclass(frozen=True)
class Updated:
    """An encounter, and when it last changed, or whose it is."""

    encounter: Encounter
    at: datetime


class EncounterSearch(Protocol):
    async def search(self, sought: Sought, after: Place | None, limit: int) -> Sequence[Updated]:
        """The last begun, or planned, first."""


class Encounters(Protocol):
    """Every change is one transaction with its step and its event. `of`: all patients who are one person."""

    async def add(self, encounter: Encounter, step: Step, actor: Actor, of: Sequence[PatientId]) -> Encounter:
        """As it is kept: the one of this id, if there was one before. Raises EncounterOverlap."""

    async def replace(self, encounter: Encounter, step: Step, actor: Actor, of: Sequence[PatientId]) -> None:
        """Raises EncounterVersionMismatch unless the version before is the latest, EncounterOverlap."""

    async def get(self, encounter_id: EncounterId, of: Sequence[PatientId]) -> Encounter | None: ...

    async def page(
        self, of: Sequence[PatientId], wanted: Wanted, after: Place | None, limit: int
    ) -> Sequence[Encounter]:
        """The newest first."""

    async def steps(self, encounter_id: EncounterId) -> Sequence[Step]: ...
