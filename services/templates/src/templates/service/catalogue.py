"""Templates to read."""

from collections.abc import Sequence
from dataclasses import dataclass

from openward_contracts.identifiers import TemplateId
from openward_servicekit.auth import Authorizer, Principal

from templates.domain.errors import TemplateNotFound
from templates.domain.permissions import READ
from templates.domain.ports import TemplateRepository
from templates.domain.template import CdrState, State, Template


@dataclass(frozen=True)
class Found:
    """One page, and after which template the next begins."""

    templates: Sequence[Template]
    next: TemplateId | None


@dataclass(frozen=True)
class Catalogue:
    templates: TemplateRepository
    authorizer: Authorizer

    async def find(self, caller: Principal, template_id: TemplateId) -> Template:
        """In whatever state it is. Raises TemplateNotFound."""
        await self.authorizer.authorize(caller, READ, target=template_id)
        template = await self.templates.get(template_id)
        if template is None:
            raise TemplateNotFound
        return template

    async def source(self, caller: Principal, template_id: TemplateId) -> bytes:
        """The document as it was uploaded, also of a template that is not published."""
        template = await self.find(caller, template_id)
        return await self.templates.source(template.id, template.version)

    async def offered(self, caller: Principal, template_id: TemplateId) -> bytes:
        """The document of a template that compositions are, or were, made with. Raises TemplateNotFound."""
        template = await self.find(caller, template_id)
        if template.state is not State.PUBLISHED and template.cdr_state is not CdrState.KEPT:
            raise TemplateNotFound
        return await self.templates.source(template.id, template.version)

    async def page(self, caller: Principal, after: TemplateId | None, limit: int) -> Found:
        """Those of the next `limit` that the caller may read."""
        rows = await self.templates.page(after, limit + 1)
        page = rows[:limit]
        return Found(self._readable(caller, page), page[-1].id if len(rows) > limit else None)

    async def published(self, caller: Principal) -> Sequence[Template]:
        """All that the caller may read."""
        return self._readable(caller, await self.templates.published())

    def _readable(self, caller: Principal, templates: Sequence[Template]) -> Sequence[Template]:
        allowed = self.authorizer.permitted(caller, READ, [template.id for template in templates])
        return [template for template in templates if template.id in allowed]
