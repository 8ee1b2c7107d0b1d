"""Where encounters are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from openward_contracts.actor import Actor
from openward_contracts.identifiers import EncounterId, PatientId

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
