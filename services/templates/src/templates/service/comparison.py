"""EHRbase and the catalogue are compared; what is missing there, unknown here or different is made good."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, NoReturn, Protocol
from uuid import uuid4

import structlog
from openward_contracts.identifiers import TemplateId
from openward_servicekit.context import bind
from openward_servicekit.errors import Failure, Invalid

from templates.domain.errors import TemplateBusy
from templates.domain.opt import Opt, read_opt
from templates.domain.ports import Change, TemplateRepository
from templates.domain.semantic_version import SemanticVersion
from templates.domain.template import CdrState, State, Template, now
from templates.service.holding import Brought, Holding
from templates.service.registration import REFUSALS, SELF
from templates.service.uploads import UploadService, Wish

_log = structlog.get_logger(__name__)

#: EHRbase reads every template to list them: that must not be what it does most of the time.
_SHARE: Final = 20
_LONGEST_PAUSE_SECONDS: Final = 60.0


#: Times of the last change, as EHRbase tells them, by template id.
_Listed = Mapping[str, str]


class Leadership(Protocol):
    """Of all processes one compares."""

    def held(self) -> AbstractAsyncContextManager[Callable[[], Awaitable[None]]]:
        """Waits for it; what it gives raises when it is lost."""


class Watched(Protocol):
    """Numbers for who watches."""

    def repaired(self, how: str) -> None: ...
    def remaining(self, different: int, unreadable: int) -> None: ...


@dataclass
class Comparison:
    """Looks at the content of all templates every `seconds`, meanwhile at what EHRbase has changed."""

    templates: TemplateRepository
    uploads: UploadService
    holding: Holding
    watched: Watched
    seconds: float
    _closely_at: float | None = None
    _seen: dict[str, str] = field(default_factory=dict)
    _unreadable: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Others may have been at work before: nothing counts as seen."""
        self._closely_at = None

    async def look(self) -> float:
        """Seconds that EHRbase took for the list."""
        began = monotonic()
        listed = await self.holding.cdr.listed()
        took = monotonic() - began
        closely = self._closely_at is None or began - self._closely_at >= self.seconds
        await self._compare(listed, closely=closely)
        if closely:
            self._closely_at = began
            different = [each for each in await self.templates.all() if each.cdr_state is CdrState.DIFFERENT]
            self.watched.remaining(len(different), len(self._unreadable))
        return took

    async def _compare(self, listed: _Listed, *, closely: bool) -> None:
        ours = {str(template.id): template for template in await self.templates.all()}
        for template in ours.values():
            if _is_to_be_held(template) and (closely or self._is_news(template, listed)):
                await self._alone(self._repair, template.id, listed)
        for template_id in listed:
            unreadable = self._unreadable.get(template_id) == listed[template_id]
            if not unreadable and not _is_known(ours.get(template_id)):
                await self._alone(self._take, template_id, listed)

    def _is_news(self, template: Template, listed: _Listed) -> bool:
        stamp = listed.get(template.id)
        return stamp is None or self._seen.get(template.id) != stamp

    async def _alone(
        self, work: Callable[[str, _Listed], Awaitable[None]], template_id: str, listed: _Listed
    ) -> None:
        """One that fails does not keep the others from being looked at."""
        with bind(request_id=str(uuid4()), actor=SELF):
            try:
                await work(template_id, listed)
            except TemplateBusy:
                return
            except Failure as failure:
                _log.warning("template not compared", template_id=template_id, why=failure.slug)

    async def _repair(self, template_id: str, listed: _Listed) -> None:
        async with self.templates.changing(TemplateId(template_id), wait=False) as change:
            if change.record.registering is None and change.record.published is not None:
                await self._bring(change, change.record.published.number)
        if template_id in listed:
            self._seen[template_id] = listed[template_id]

    async def _bring(self, change: Change, number: SemanticVersion) -> None:
        record = change.record
        version = record.version(number)
        opt = Opt(record.id, version.concept, version.archetype_id, await change.source(number))
        state = CdrState.HELD
        try:
            brought = await self.holding.bring(opt, ours=True)
        except REFUSALS as refusal:
            state = CdrState.DIFFERENT
            if record.cdr_state is not state:
                _log.error("template differs in EHRbase", template_id=record.id, why=refusal.slug)
        else:
            if brought is not Brought.SAME:
                self.watched.repaired(brought)
                _log.warning("template repaired in EHRbase", template_id=record.id, how=brought)
        if record.cdr_state is not state:
            await change.save(record.with_cdr(state, now()))

    async def _take(self, template_id: str, listed: _Listed) -> None:
        """What somebody has loaded into EHRbase becomes a published version."""
        try:
            source = await self.holding.cdr.source(TemplateId(template_id))
            if source is None:
                return
            opt = await asyncio.to_thread(read_opt, source)
            await self.uploads.take(SELF, opt, Wish())
        except (Invalid, ValueError) as problem:
            self._unreadable[template_id] = listed[template_id]
            why = problem.slug if isinstance(problem, Invalid) else "template-id-invalid"
            _log.warning("template of EHRbase not taken", template_id=template_id, why=why)
        else:
            self.watched.repaired("imported")
            _log.info("template of EHRbase taken", template_id=template_id)


def _is_to_be_held(template: Template) -> bool:
    return template.cdr_state in {CdrState.HELD, CdrState.DIFFERENT}


def _is_known(template: Template | None) -> bool:
    """What EHRbase has of it is ours, or will be."""
    if template is None:
        return False
    return template.cdr_state is not CdrState.NONE or template.state is State.REGISTERING


async def keep_comparing(comparison: Comparison, leadership: Leadership, every_seconds: float) -> NoReturn:
    """For ever, in one process of all; less often while it does not help."""
    pause = every_seconds
    while True:
        try:
            async with leadership.held() as check:
                comparison.begin()
                while True:
                    took = await comparison.look()
                    pause = max(every_seconds, took * _SHARE)
                    await asyncio.sleep(pause)
                    await check()
        except Exception as error:  # noqa: BLE001  whatever it is, the next try may succeed
            why = error.slug if isinstance(error, Failure) else type(error).__name__
            _log.warning("templates not compared", why=why)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(pause)
