"""Migration checks in PostgreSQL through Prisma; a request is one transaction with its event."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from openward_contracts.actor import Actor
from openward_contracts.event import Event
from openward_contracts.identifiers import TemplateId
from openward_contracts.migration_checks import MigrationCheckRequested
from openward_contracts.payload import Payload
from openward_servicekit.context import current_request_id
from openward_servicekit.telemetry import traceparent

from templates.adapters.db import Json, Prisma, errors
from templates.adapters.events import SOURCE
from templates.adapters.outbox import publish
from templates.adapters.prisma_errors import catalogue_errors
from templates.domain.migration_check import CheckState, Counts, MigrationCheck, Problem, Progress
from templates.domain.semantic_version import SemanticVersion

#: A check says nothing of what was stored after it; so long it is believed that this was nothing bad.
BELIEVED: Final = timedelta(minutes=15)
_UNDER_WAY: Final = (CheckState.REQUESTED, CheckState.RUNNING)


class PrismaMigrationChecks:
    """The ports MigrationCheckRepository and MigrationChecks."""

    def __init__(self, db: Prisma) -> None:
        self._db = db

    async def request(self, check: MigrationCheck, web_template: str, actor: Actor) -> MigrationCheck:
        async with catalogue_errors():
            try:
                async with self._db.tx() as tx:
                    await tx.migration_check.create(data=_columns(check))
                    await publish(tx, _event(check, web_template, actor))
            except errors.UniqueViolationError:
                return await self._under_way(check)
        return check

    async def get(self, check_id: UUID) -> MigrationCheck | None:
        async with catalogue_errors():
            row = await self._db.migration_check.find_unique({"check_id": str(check_id)})
        return _check(row) if row else None

    async def note(self, progress: Progress) -> None:
        where: Any = {
            "check_id": str(progress.check_id),
            "revision": {"lt": progress.revision},
            "state": {"in": list(_UNDER_WAY)},
        }
        data: Any = {
            "state": progress.state,
            "reason": progress.reason,
            "examined": progress.counts.examined,
            "failing": progress.counts.failing,
            "total": progress.counts.total,
            "problems": Json(dict[str, Any](progress.problems)),
            "revision": progress.revision,
            "updated_at": progress.at,
            "finished_at": None if progress.state in _UNDER_WAY else progress.at,
        }
        async with catalogue_errors():
            await self._db.migration_check.update_many(where=where, data=data)

    async def none_failing(self, template_id: TemplateId, sha256: str) -> bool | None:
        """By the latest check that has ended, if that was a short while ago."""
        where: Any = {
            "template_id": str(template_id),
            "sha256": sha256,
            "state": CheckState.FINISHED,
            "finished_at": {"gt": datetime.now(UTC) - BELIEVED},
        }
        async with catalogue_errors():
            row = await self._db.migration_check.find_first(where=where, order={"finished_at": "desc"})
        return row.failing == 0 if row else None

    async def _under_way(self, check: MigrationCheck) -> MigrationCheck:
        where: Any = {
            "template_id": str(check.template_id),
            "version": str(check.version),
            "sha256": check.sha256,
        }
        row = await self._db.migration_check.find_first(where=where, order={"requested_at": "desc"})
        assert row is not None  # noqa: S101  rows are never deleted
        return _check(row)


def _columns(check: MigrationCheck) -> Any:
    return {
        "check_id": str(check.id),
        "template_id": str(check.template_id),
        "version": str(check.version),
        "sha256": check.sha256,
        "requested_by": check.requested_by,
        "requested_at": check.requested_at,
        "updated_at": check.updated_at,
    }


def _event(check: MigrationCheck, web_template: str, actor: Actor) -> Event[Payload]:
    payload = MigrationCheckRequested(
        check_id=check.id,
        template_id=check.template_id,
        semantic_version=str(check.version),
        sha256=check.sha256,
        web_template=web_template,
    )
    return Event.of(
        payload,
        source=SOURCE,
        aggregate_id=check.id,
        aggregate_version=1,
        actor=actor,
        at=check.requested_at,
        correlation_id=current_request_id() or str(check.id),
        traceparent=traceparent(),
    )


def _check(row: Any) -> MigrationCheck:
    return MigrationCheck(
        id=UUID(row.check_id),
        template_id=TemplateId(row.template_id),
        version=SemanticVersion.parse(row.version),
        sha256=row.sha256,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        updated_at=row.updated_at,
        state=CheckState(row.state),
        counts=Counts(row.examined, row.failing, row.total),
        problems=tuple(sorted(map(_problem, row.problems, row.problems.values()), key=_frequent)),
        reason=row.reason,
        finished_at=row.finished_at,
    )


def _frequent(problem: Problem) -> tuple[int, str, str]:
    return -problem.compositions, problem.rule, problem.path


def _problem(what: str, compositions: int) -> Problem:
    rule, _, path = what.partition(" ")
    return Problem(rule, path, compositions)
