"""EHRbase holds one document per id; this brings it from what it holds to what it is to hold (ADR 28)."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from openward_contracts.identifiers import TemplateId
from openward_servicekit.errors import Failure, Invalid

from templates.domain.difference import compare
from templates.domain.errors import TemplateChangeBreaking, TemplateHeldDifferently, TemplateRefused
from templates.domain.hardened_xml import same_document
from templates.domain.opt import Opt
from templates.domain.ports import Cdr, MigrationChecks


class Brought(StrEnum):
    """What EHRbase had to do."""

    SAME = "same"
    REGISTERED = "registered"
    REPLACED = "replaced"


@dataclass(frozen=True)
class Holding:
    cdr: Cdr
    checks: MigrationChecks

    async def bring(self, opt: Opt, *, ours: bool) -> Brought:
        """EHRbase holds this document when it returns. `ours`: what it holds instead may be replaced.

        Raises TemplateRefused; TemplateHeldDifferently; TemplateChangeBreaking when stored compositions need
        the document that it holds. Whatever is raised, it holds what it held before, or a repair is due.
        """
        held = await self.cdr.source(opt.template_id)
        if held is None:
            await self.cdr.register(opt.template_id, opt.source)
            return Brought.REGISTERED
        if await self._same(held, opt.source):
            return Brought.SAME
        if not ours:
            raise TemplateHeldDifferently
        await self._replace(held, opt)
        return Brought.REPLACED

    async def _same(self, one: bytes, other: bytes) -> bool:
        try:
            return await asyncio.to_thread(same_document, one, other)
        except Invalid:  # what cannot be read is not what was read before
            return False

    async def _replace(self, held: bytes, opt: Opt) -> None:
        difference = await asyncio.to_thread(compare, held, opt.source)
        if not difference.breaking:
            await self.cdr.replace(opt.template_id, opt.source)
        elif await self.cdr.remove(opt.template_id):
            await self._register_instead(held, opt)
        elif await self.checks.none_failing(opt.template_id, opt.sha256):
            await self.cdr.replace(opt.template_id, opt.source)
        else:
            raise TemplateChangeBreaking(difference.told)

    async def _register_instead(self, held: bytes, opt: Opt) -> None:
        """Of what nothing uses: EHRbase itself has seen to that, and to nothing using it meanwhile."""
        try:
            await self.cdr.register(opt.template_id, opt.source)
        except TemplateRefused:
            await self._put_back(opt.template_id, held)
            raise

    async def _put_back(self, template_id: TemplateId, held: bytes) -> None:
        """If that fails, whoever compares finds it missing and does it."""
        with suppress(Failure):
            await self.cdr.register(template_id, held)
