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

from templates.domain.errors import TemplateBusy, TemplateHeldDifferently, TemplateRefused
from templates.domain.ports import Cdr, Registration, TemplateRepository
from templates.domain.template import State, Template, now

_log = structlog.get_logger(__name__)

#: A registration keeps a database connection while EHRbase works; the others are for readers.
_AT_ONCE: Final = 4
_SLOT_SECONDS: Final = 5.0
_LONGEST_PAUSE_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Registrar:
    templates: TemplateRepository
    cdr: Cdr
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def register(self, template_id: TemplateId, actor: Actor, *, wait: bool = True) -> Template:
        """The template, published now or by whoever was faster.

        Raises TemplateRefused or TemplateHeldDifferently once that is on record; TemplateBusy when another
        works on it, without `wait` at once; what keeps EHRbase from answering.
        """
        async with self._slot(), self.templates.registering(template_id, wait=wait) as registration:
            refusal = await self._settle(registration, actor)
        if refusal is not None:
            raise refusal
        return registration.template

    async def reconcile(self) -> bool:
        """Finish what was interrupted, if nobody works on it; whether that has succeeded."""
        settled = True
        for template_id in await self.templates.unsettled():
            with bind(request_id=str(uuid4()), actor=_SELF):
                settled &= await self._finish(template_id)
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

    async def _finish(self, template_id: TemplateId) -> bool:
        try:
            await self.register(template_id, _SELF, wait=False)
        except TemplateBusy:
            return True
        except (TemplateRefused, TemplateHeldDifferently) as refusal:
            _log.warning("template refused", template_id=template_id, why=refusal.slug)
        except Failure as failure:
            _log.warning("template not registered yet", template_id=template_id, why=failure.slug)
            return False
        return True

    async def _settle(self, registration: Registration, actor: Actor) -> Failure | None:
        """Publish or refuse it, unless that has been done; the refusal, if it is one."""
        template = registration.template
        if template.state is not State.REGISTERING:
            return TemplateRefused(template.refusal) if template.state is State.REFUSED else None
        try:
            await self.cdr.register(template.id, await registration.source())
        except (TemplateRefused, TemplateHeldDifferently) as refusal:
            await registration.refuse(template.refused(refusal.detail or refusal.slug, now()))
            return refusal
        await registration.publish(template.published(now()), actor)
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


_SELF: Final = SYSTEM_ACTOR("templates")
