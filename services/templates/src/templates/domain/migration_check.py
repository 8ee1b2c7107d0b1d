"""Which stored compositions would fail under a version: a job that `clinical` carries out and tells of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from openward_contracts.actor import Actor
from openward_contracts.identifiers import TemplateId
from openward_servicekit.errors import NotFound, TooLarge

from templates.domain.semantic_version import SemanticVersion


class MigrationCheckNotFound(NotFound):
    slug = "migration-check-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such migration check of this version.")


class WebTemplateTooLarge(TooLarge):
    """It is sent with the event that asks for the check, and NATS carries no more."""

    slug = "web-template-too-large"

    def __init__(self, most: int) -> None:
        super().__init__(f"The web template has more than {most} bytes compressed, so it cannot be checked.")


class CheckState(StrEnum):
    REQUESTED = "requested"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True)
class Counts:
    """`total`: compositions there were when the check began, once they are counted."""

    examined: int = 0
    failing: int = 0
    total: int | None = None


@dataclass(frozen=True)
class Problem:
    """A rule that so many compositions break at a path of the template."""

    rule: str
    path: str
    compositions: int


@dataclass(frozen=True)
class MigrationCheck:
    """`problems`: those that most compositions have, the most frequent first, once the check has ended."""

    id: UUID
    template_id: TemplateId
    version: SemanticVersion
    sha256: str
    requested_by: str
    requested_at: datetime
    updated_at: datetime
    state: CheckState = CheckState.REQUESTED
    counts: Counts = field(default_factory=Counts)
    problems: tuple[Problem, ...] = ()
    reason: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True)
class Progress:
    """What clinical says of a check; `revision` grows from one event to the next."""

    check_id: UUID
    revision: int
    state: CheckState
    counts: Counts
    at: datetime
    problems: Mapping[str, int] = field(default_factory=dict)
    reason: str | None = None


class MigrationCheckRepository(Protocol):
    async def request(self, check: MigrationCheck, web_template: str, actor: Actor) -> MigrationCheck:
        """Store it with its event; the one that is under way for the same bytes, if there is one."""

    async def get(self, check_id: UUID) -> MigrationCheck | None: ...

    async def note(self, progress: Progress) -> None:
        """Does nothing when something later is known."""
