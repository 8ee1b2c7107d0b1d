"""Which stored compositions would fail under another version of their template: a job, and what it found."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from openward_contracts.identifiers import TemplateId, VersionUid
from openward_servicekit.errors import NotFound, Unavailable


class MigrationCheckNotFound(NotFound):
    slug = "migration-check-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such migration check, or you may not know of it.")


class MigrationCheckTaken(Unavailable):
    """Another process works on it: what this one has found out is dropped."""

    slug = "migration-check-taken"


class CheckState(StrEnum):
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """`path` is of the template; no value of the composition is in it."""

    version_uid: VersionUid
    rule: str
    path: str


@dataclass(frozen=True)
class MigrationCheck:
    """`after`: the latest version that was looked at; `revision` grows with every step.

    `web_template`: JSON compressed by gzip; empty once the check has ended.
    """

    check_id: UUID
    template_id: TemplateId
    version: str
    sha256: str
    web_template: bytes
    requested_by: str
    correlation_id: str
    requested_at: datetime
    state: CheckState = CheckState.RUNNING
    reason: str | None = None
    after: VersionUid | None = None
    examined: int = 0
    failing: int = 0
    total: int | None = None
    revision: int = 0


@dataclass(frozen=True)
class StoredComposition:
    """The latest version of a composition, canonical JSON; None is content that EHRbase cannot give out."""

    version_uid: VersionUid
    content: Any


@dataclass(frozen=True)
class Step:
    """Versions that were looked at, in their order, and what is wrong with some of them."""

    examined: Sequence[VersionUid]
    findings: Sequence[Finding]

    @property
    def failing(self) -> int:
        return len({finding.version_uid for finding in self.findings})


class StoredCompositions(Protocol):
    """What EHRbase holds, in the order of version uids."""

    async def count(self, template_id: TemplateId) -> int: ...

    async def page(
        self, template_id: TemplateId, after: VersionUid | None, limit: int
    ) -> Sequence[StoredComposition]: ...


class MigrationChecks(Protocol):
    """Each change is one transaction with its event; raises MigrationCheckTaken when another was faster."""

    def alone(self) -> AbstractAsyncContextManager[bool]:
        """Whether this process, of all, may work on checks while the block runs."""

    async def accept(self, check: MigrationCheck) -> None:
        """Does nothing when it is known already."""

    async def next(self) -> MigrationCheck | None:
        """The oldest that is running."""

    async def begin(self, check: MigrationCheck, total: int) -> MigrationCheck: ...

    async def advance(self, check: MigrationCheck, step: Step, *, tell: bool) -> MigrationCheck: ...

    async def end(self, check: MigrationCheck, reason: str | None = None) -> None:
        """With a reason it has failed."""

    async def of_id(self, check_id: UUID) -> MigrationCheck | None: ...

    async def findings(self, check_id: UUID, after: VersionUid | None, limit: int) -> Sequence[Finding]:
        """All of the next `limit` versions."""
