"""Templates are found by what they are called and hold; their words follow what is published."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from openward_contracts.identifiers import TemplateId
from openward_servicekit.auth import Authorizer, Principal

from templates.domain.errors import TemplateNotCompiled
from templates.domain.permissions import READ
from templates.domain.ports import Documents, SearchIndex, TemplateRepository
from templates.domain.search import Question, words
from templates.service.catalogue import Found
from templates.service.workshop import Material, Workshop

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Search:
    index: SearchIndex
    templates: TemplateRepository
    documents: Documents
    workshop: Workshop
    authorizer: Authorizer

    async def page(
        self, caller: Principal, question: Question, after: TemplateId | None, limit: int
    ) -> Found:
        """Of the next `limit` that answer the question those that the caller may read, by id."""
        found = await self.index.find(question, after, limit + 1)
        page = found[:limit]
        allowed = self.authorizer.permitted(caller, READ, [template.id for template in page])
        readable = [template for template in page if template.id in allowed]
        return Found(readable, page[-1].id if len(found) > limit else None)

    async def keep_indexing(self, every_seconds: float) -> None:
        """For ever, at first at once."""
        while True:
            try:
                while await self.catch_up():
                    pass
            except Exception as error:  # noqa: BLE001  whatever it is, the next try may succeed
                _log.warning("templates not indexed", exc_info=error)
            await asyncio.sleep(every_seconds)

    async def catch_up(self) -> bool:
        """Write words that are missing or of another document; whether there may be more."""
        missing = await self.index.missing()
        for template_id in missing:
            await self.write(template_id)
        return bool(missing)

    async def write(self, template_id: TemplateId) -> None:
        """The words of what is published now, also of what cannot be compiled: then fewer."""
        template = await self.templates.get(template_id)
        if template is None:
            return
        load = partial(self.documents.source, template_id, template.version)
        material = Material(template.sha256, template.size, template.version, load)
        try:
            web_template = (await self.workshop.compiled(material)).web_template
        except TemplateNotCompiled as failure:
            _log.warning("template not compiled", template_id=template_id, why=failure.detail)
            web_template = None
        found = words(template.id, template.concept, template.archetype_id, web_template)
        await self.index.write(template, found)
