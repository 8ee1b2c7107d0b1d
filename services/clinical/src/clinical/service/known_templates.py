"""Templates in memory: compiled once, looked at again, dropped when they change."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from openward_contracts.identifiers import TemplateId
from openward_servicekit.errors import Failure

from clinical.domain.templates import KnownTemplate, Sources, TemplateUnreadable

_log = structlog.get_logger(__name__)

#: Bytes of documents; compiled, they take some thirty times as much.
_ROOM: Final = 8_000_000
#: Seconds after which EHRbase is asked again: beside the answer, and before it.
_LOOKED_AT: Final = 20.0
_TRUSTED: Final = 50.0
#: Seconds for which nothing is asked of an EHRbase that could not say.
_PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class _Held:
    known: KnownTemplate | None
    sha256: bytes
    size: int
    at: float


class KnownTemplates:
    """The Templates port. One document is compiled at a time, in a thread; many who ask wait for one.

    What is held stays in use while EHRbase is away: nobody can change a template in it then.
    """

    def __init__(
        self, sources: Sources, room: int = _ROOM, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sources = sources
        self._room = room
        self._clock = clock
        self._held: OrderedDict[TemplateId, _Held] = OrderedDict()
        self._looking: dict[TemplateId, asyncio.Task[KnownTemplate | None]] = {}
        self._bench = asyncio.Semaphore(1)

    async def get(self, template_id: TemplateId) -> KnownTemplate | None:
        held = self._held.get(template_id)
        if held is None:
            return await asyncio.shield(self._look(template_id))
        self._held.move_to_end(template_id)
        age = self._clock() - held.at
        if age < _LOOKED_AT:
            return held.known
        looking = self._look(template_id)
        if age < _TRUSTED:
            return held.known
        try:
            return await asyncio.shield(looking)
        except Failure:
            return held.known

    def changed(self, template_id: TemplateId) -> None:
        """Somebody says so: nothing that was asked for before is used any more."""
        self._held.pop(template_id, None)
        self._looking.pop(template_id, None)

    def _look(self, template_id: TemplateId) -> asyncio.Task[KnownTemplate | None]:
        """Who goes away does not end it for the others."""
        task = self._looking.get(template_id)
        if task is None:
            task = asyncio.create_task(self._looked(template_id), name="look at a template")
            self._looking[template_id] = task
            task.add_done_callback(lambda done: self._ended(template_id, done))
        return task

    async def _looked(self, template_id: TemplateId) -> KnownTemplate | None:
        began, task = self._clock(), asyncio.current_task()
        source = await self._sources.source(template_id)
        if source is None:
            self._held.pop(template_id, None)
            return None
        sha256, before = hashlib.sha256(source).digest(), self._held.get(template_id)
        if before is not None and before.sha256 == sha256:
            known = before.known
        else:
            known = await self._compiled(template_id, source)
        if self._looking.get(template_id) is task:  # else it has changed meanwhile
            self._keep(template_id, _Held(known, sha256, len(source), began))
        return known

    async def _compiled(self, template_id: TemplateId, source: bytes) -> KnownTemplate | None:
        try:
            async with self._bench:
                return await asyncio.to_thread(KnownTemplate.of, template_id, source)
        except TemplateUnreadable as unreadable:
            _log.error("template.unreadable", template_id=template_id, why=unreadable.detail)
            return None

    def _keep(self, template_id: TemplateId, held: _Held) -> None:
        self._held[template_id] = held
        self._held.move_to_end(template_id)
        while sum(each.size for each in self._held.values()) > self._room:
            self._held.popitem(last=False)

    def _ended(self, template_id: TemplateId, task: asyncio.Task[KnownTemplate | None]) -> None:
        if self._looking.get(template_id) is task:
            del self._looking[template_id]
        failed = task.cancelled() or task.exception() is not None  # looked at: nobody else may have
        if failed and (held := self._held.get(template_id)) is not None:
            at = max(held.at, self._clock() - _LOOKED_AT + _PATIENCE)
            self._held[template_id] = _Held(held.known, held.sha256, held.size, at)
