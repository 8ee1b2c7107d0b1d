"""Comparing patients with all others in the background: after an import, a change, or with new weights."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Protocol
from uuid import UUID

from openward_contracts.actor import Actor
from openward_contracts.identifiers import PatientId

from patients.domain.duplicates.judging import CandidateSearch
from patients.domain.duplicates.pairs import Found, Origin
from patients.domain.record import PatientRecord


@dataclass(frozen=True, slots=True)
class Queued:
    """A patient to be compared. `record` is None when it was merged away or is kept out by now."""

    patient_id: PatientId
    origin: Origin
    record: PatientRecord | None


class Pace(Enum):
    """How eagerly to compare: gently while an import runs, whose lines would wait for it."""

    IDLE = 0
    EAGER = 1
    GENTLE = 2


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Run:
    """Of all patients, or those registered or changed `since`. `queued` so far; `left` of them to compare."""

    id: UUID
    since: datetime | None
    queued: int
    left: int
    created_at: datetime
    finished_at: datetime | None

    @property
    def state(self) -> RunState:
        return RunState.RUNNING if self.finished_at is None or self.left else RunState.DONE


Compare = Callable[[Sequence[Queued], CandidateSearch], Awaitable[Sequence[Found]]]


class MatchQueue(Protocol):
    async def pace(self) -> Pace:
        """Whether there is anything to do, and how eagerly."""

    async def work(self, most: int, compare: Compare) -> int:
        """Compare some and write their pairs; how many there were.

        They leave the queue as their pairs are written, or not at all; what another process has is not taken.
        """

    async def advance(self, most: int) -> bool:
        """Queue the next patients of a run that is not finished; False when there is none."""

    async def start(self, run_id: UUID, since: datetime | None, actor: Actor) -> None: ...

    async def run(self, run_id: UUID) -> Run | None: ...


class NameCounts(Protocol):
    async def stale(self) -> bool:
        """Whether names were never counted, or there are a fifth more than were."""

    async def count(self, after: tuple[str, str]) -> tuple[str, str] | None:
        """Count the next few names; the last of them, None at the end or when somebody else counts."""

    async def finish(self) -> None:
        """From now on what was counted is all there is."""
