"""A template comes in: stored first, then registered in EHRbase, then published."""

from dataclasses import dataclass

from openward_contracts.actor import Actor
from openward_servicekit.auth import Authorizer, Principal

from templates.domain.errors import TemplateExists
from templates.domain.opt import Opt
from templates.domain.permissions import UPLOAD
from templates.domain.ports import TemplateRepository
from templates.domain.template import State, Template, now
from templates.service.registration import Registrar


@dataclass(frozen=True)
class Uploaded:
    """`new`: this upload, or an interrupted one that it repeats, has published the template."""

    template: Template
    new: bool


@dataclass(frozen=True)
class UploadService:
    templates: TemplateRepository
    registrar: Registrar
    authorizer: Authorizer

    async def upload(self, caller: Principal, opt: Opt) -> Uploaded:
        """The published template; the same document again changes nothing, another one is refused.

        Raises TemplateExists, TemplateRefused and TemplateHeldDifferently (the id stays free for a better
        document), Unavailable and UpstreamTimeout (it is registered later, or when it is sent again).
        """
        await self.authorizer.authorize(caller, UPLOAD, target=opt.template_id)
        template = await self._stored(opt, caller.actor())
        if template.state is State.PUBLISHED:
            return Uploaded(template, new=False)
        return Uploaded(await self.registrar.register(template.id, caller.actor()), new=True)

    async def _stored(self, opt: Opt, actor: Actor) -> Template:
        known = await self.templates.get(opt.template_id)
        if known is None:
            known = await self.templates.add(Template.uploaded(opt, actor.sub, now()), opt, actor)
        if known.state is State.REFUSED:
            better = known.replaced(opt, actor.sub, now())
            await self.templates.replace(known, better, opt, actor)
            return better
        if known.sha256 != opt.sha256:
            raise TemplateExists
        return known
