"""EHRbase gets what was stored, from one process at a time, and again after whatever has interrupted that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

import structlog
from openward_contracts.actor import SYSTEM_ACTOR, Actor
from openward_contracts.identifiers import TemplateId
from openward_servicekit.context import bind
from openward_servicekit.errors import Failure

from templates.domain.errors import (
    TemplateBusy,
    TemplateChangeBreaking,
    TemplateHeldDifferently,
    TemplateRefused,
    VersionNotFound,
)
from templates.domain.findings import errors_of
from templates.domain.opt import Opt
from templates.domain.ports import Change, Happened, TemplateRepository, Told
from templates.domain.record import Record
from templates.domain.semantic_version import SemanticVersion
from templates.domain.template import CdrState, now
from templates.domain.version import State, Version
from templates.service.holding import Holding

_log = structlog.get_logger(__name__)

#: A registration keeps a database connection while EHRbase works; the others are for readers.
_AT_ONCE: Final = 4
_SLOT_SECONDS: Final = 5.0
_LONGEST_PAUSE_SECONDS: Final = 30.0

#: Who does what nobody asks for any more.
SELF: Final = SYSTEM_ACTOR("templates")
#: After these EHRbase does not hold the version, and will not.
REFUSALS: Final = (TemplateRefused, TemplateHeldDifferently, TemplateChangeBreaking)
#: What EHRbase has then is a version that was published here.
_OURS: Final = frozenset({CdrState.HELD, CdrState.KEPT, CdrState.DIFFERENT})


@dataclass(frozen=True)
class Registrar:
    templates: TemplateRepository
    holding: Holding
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def register(
        self, template_id: TemplateId, number: SemanticVersion, actor: Actor, *, wait: bool = True
    ) -> Record:
        """With this version published, now or by whoever was faster.

        Raises TemplateRefused, TemplateHeldDifferently or TemplateChangeBreaking once that is on record;
        TemplateBusy when another works on it, without `wait` at once; what keeps EHRbase from answering.
        """
        async with self._slot(), self.templates.changing(template_id, wait=wait) as change:
            refusal = await self._settle(change, number, actor)
        if refusal is not None:
            raise refusal
        return change.record

    async def reconcile(self) -> bool:
        """Finish what was interrupted, if nobody works on it; whether that has succeeded."""
        settled = True
        for template_id, number in await self.templates.unsettled():
            with bind(request_id=str(uuid4()), actor=SELF):
                settled &= await self._finish(template_id, number)
        return settled

    async def keep_reconciling(self, every_seconds: float) -> None:
        """For ever, at first at once; less often while it does not help."""
        pause = every_seconds
        while True:
            try:
                settled = await self.reconcile()
            except Exception as error:  # noqa: BLE001  whatever it is, the next try may succeed
                _log.warning("templates not reconciled", exc_info=error)
                settled = False
            pause = every_seconds if settled else min(pause * 2, _LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause)

    async def _finish(self, template_id: TemplateId, number: SemanticVersion) -> bool:
        try:
            await self.register(template_id, number, SELF, wait=False)
        except (TemplateBusy, VersionNotFound):
            return True
        except REFUSALS as refusal:
            _log.warning("template refused", template_id=template_id, why=refusal.slug)
        except Failure as failure:
            _log.warning("template not registered yet", template_id=template_id, why=failure.slug)
            return False
        return True

    async def _settle(self, change: Change, number: SemanticVersion, actor: Actor) -> Failure | None:
        """Publish or refuse it, unless that has been done; the refusal, if it is one."""
        record = change.record
        version = record.version(number)
        if version.state is not State.REGISTERING:
            return _refused(version) if version.state is State.REFUSED else None
        try:
            source = await change.source(number)
            opt = Opt(record.id, version.concept, version.archetype_id, source)
            await self.holding.bring(opt, ours=record.cdr_state in _OURS)
        except REFUSALS as refusal:
            refused = version.refused(refusal.detail or refusal.slug, now())
            await change.save(record.with_version(refused))
            return _refused(refused) if isinstance(refusal, TemplateRefused) else refusal
        published = version.published(now())
        after = record.with_version(published).with_cdr(CdrState.HELD)
        await change.save(after, Told(Happened.PUBLISHED, published, actor))
        return None

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_SLOT_SECONDS):
                await self.slots.acquire()
        except TimeoutError:
            raise TemplateBusy from None
        try:
            yield
        finally:
            self.slots.release()


def _refused(version: Version) -> TemplateRefused:
    """With what was found in the document: EHRbase names no place."""
    return TemplateRefused(version.refusal, errors=errors_of(version.findings))
