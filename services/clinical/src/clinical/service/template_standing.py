"""Which templates can still be asked for: as the template service tells, and as EHRbase holds them."""

from collections.abc import Sequence
from dataclasses import dataclass

from openward_contracts.identifiers import TemplateId

from clinical.domain.query_product.ports import TemplateCatalogue, TemplateStandings
from clinical.domain.querying import QueryEngine


@dataclass(frozen=True)
class TemplateStanding:
    standings: TemplateStandings
    engine: QueryEngine
    catalogue: TemplateCatalogue

    async def published(self, template_id: TemplateId, version: int) -> None:
        """May be repeated, or come late."""
        await self.standings.note(template_id, version, retired=False)

    async def retired(self, template_id: TemplateId, version: int) -> None:
        """A version that a later one has replaced retires nothing."""
        await self.standings.note(template_id, version, retired=True)

    async def missing(self, template_ids: Sequence[str]) -> tuple[str, ...]:
        """Those of them that are retired, or that EHRbase has no more (30 s old at most)."""
        if not template_ids:
            return ()
        gone = await self.standings.retired(template_ids)
        known = set(await self.engine.template_ids())
        if not known.issuperset(template_ids):  # maybe it came a moment ago
            known = await self.catalogue.template_ids()
        return tuple(each for each in template_ids if each in gone or each not in known)
