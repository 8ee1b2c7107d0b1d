"""Migration checks: accepted by event, carried out little by little, their findings read by version.

One process of all works at a time, with one request to EHRbase in flight and a rest as long as the work after
each. What it has found is committed page by page, so that whoever goes on begins where it was left.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final
from uuid import UUID

import structlog
from openward_contracts.identifiers import TemplateId, VersionUid
from openward_servicekit.auth import Authorizer, Principal
from openward_servicekit.errors import UpstreamBroken

from clinical.domain.migration_check import (
    Finding,
    MigrationCheck,
    MigrationCheckNotFound,
    MigrationChecks,
    Step,
    StoredComposition,
    StoredCompositions,
)
from clinical.domain.permissions import READ_MIGRATION_CHECK
from clinical.domain.template_fit import TemplateFit, WebTemplateUnreadable

_log = structlog.get_logger(__name__)

#: Failures of EHRbase in a row that are not its absence; then a check is given up.
_ATTEMPTS: Final = 5


@dataclass(frozen=True)
class MigrationCheckService:
    checks: MigrationChecks
    authorizer: Authorizer

    async def findings(
        self, caller: Principal, check_id: UUID, after: VersionUid | None, limit: int
    ) -> tuple[MigrationCheck, Sequence[Finding]]:
        """Raises MigrationCheckNotFound."""
        check = await self.checks.of_id(check_id)
        if check is None:
            raise MigrationCheckNotFound
        await self.authorizer.authorize(caller, READ_MIGRATION_CHECK, target=check.template_id)
        return check, await self.checks.findings(check_id, after, limit)


@dataclass(frozen=True)
class Pace:
    """`page`: compositions at once. A check rests `rest` times as long as a page took. Times in seconds."""

    page: int = 20
    rest: float = 1.0
    tell_every: float = 2.0
    look_every: float = 5.0


@dataclass(frozen=True)
class MigrationChecker:
    checks: MigrationChecks
    stored: StoredCompositions
    pace: Pace = field(default_factory=Pace)
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _failures: Counter[UUID] = field(default_factory=Counter)

    async def accept(self, check: MigrationCheck) -> None:
        """It is on record when this returns; may be repeated."""
        await self.checks.accept(check)
        self._asked.set()

    async def run(self) -> None:
        """For ever. What fails is tried again at the next look."""
        while True:
            try:
                while await self.work():
                    pass
            except Exception as error:  # noqa: BLE001  whatever it is, the next look is due
                _log.warning("migration_check.interrupted", exc_info=error)
            self._asked.clear()
            try:
                await asyncio.wait_for(self._asked.wait(), self.pace.look_every)
            except TimeoutError:
                continue

    async def work(self) -> bool:
        """Bring one check to its end; False when there is none, or another process is at it."""
        async with self.checks.alone() as mine:
            check = await self.checks.next() if mine else None
            if check is None:
                return False
            try:
                await self._carry_out(check)
            except UpstreamBroken:
                await self._count_failure(check)
                raise
            self._failures.pop(check.check_id, None)
            return True

    async def _carry_out(self, check: MigrationCheck) -> None:
        try:
            fit = await asyncio.to_thread(TemplateFit.of, check.web_template)
        except WebTemplateUnreadable as unreadable:
            await self.checks.end(check, unreadable.slug)
            return
        if check.total is None:
            check = await self.checks.begin(check, await self.stored.count(check.template_id))
        told_at = monotonic()
        while page := await self._page(check.template_id, check.after):
            started = monotonic()
            step = await asyncio.to_thread(_examined, fit, page)
            tell = monotonic() - told_at > self.pace.tell_every
            check = await self.checks.advance(check, step, tell=tell)
            told_at = monotonic() if tell else told_at
            await asyncio.sleep((monotonic() - started) * self.pace.rest)
        await self.checks.end(check)

    async def _page(self, template_id: TemplateId, after: VersionUid | None) -> Sequence[StoredComposition]:
        started = monotonic()
        page = await self.stored.page(template_id, after, self.pace.page)
        await asyncio.sleep((monotonic() - started) * self.pace.rest)
        return page

    async def _count_failure(self, check: MigrationCheck) -> None:
        self._failures[check.check_id] += 1
        if self._failures[check.check_id] >= _ATTEMPTS:
            latest = await self.checks.of_id(check.check_id)
            await self.checks.end(latest or check, "cdr-error")


def _examined(fit: TemplateFit, page: Sequence[StoredComposition]) -> Step:
    findings = [finding for composition in page for finding in fit.findings(composition)]
    return Step([composition.version_uid for composition in page], findings)
