"""Before a document becomes a version: what is wrong with it, and which number it gets."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from templates.domain.difference import compare
from templates.domain.findings import examined
from templates.domain.numbering import number_for
from templates.domain.opt import Opt
from templates.domain.ports import TemplateRepository
from templates.domain.record import Record
from templates.domain.semantic_version import SemanticVersion
from templates.domain.version import Finding


@dataclass(frozen=True)
class Examination:
    """Of a document that is to become a version of a template of this `revision`."""

    revision: int
    number: SemanticVersion
    findings: Sequence[Finding]


@dataclass(frozen=True)
class Examiner:
    """Two documents at a time: their trees take many times their size."""

    templates: TemplateRepository
    desks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    async def examine(self, record: Record, opt: Opt, stated: SemanticVersion | None) -> Examination:
        """Raises TemplateLintFailed, VersionTooLow, VersionTaken, TemplateRetired."""
        async with self.desks:
            findings = await asyncio.to_thread(examined, opt.source)
            demanded = await self._demanded(record, opt)
        return Examination(record.revision, number_for(record, opt, stated, demanded), findings)

    async def _demanded(self, record: Record, opt: Opt) -> SemanticVersion | None:
        """By what is different from the published version; None when there is none."""
        if (before := record.published) is None:
            return None
        old = await self.templates.source(record.id, before.number)
        difference = await asyncio.to_thread(compare, old, opt.source)
        return difference.after(before.number)
