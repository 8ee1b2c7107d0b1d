"""Versions of a template, and the ways that they go after their upload."""

from dataclasses import dataclass

from openward_contracts.actor import Actor
from openward_contracts.identifiers import TemplateId
from openward_servicekit.auth import Authorizer, Principal

from templates.domain.errors import (
    TemplateBusy,
    TemplateInUse,
    TemplateNotFound,
    VersionNotPublished,
    VersionPublished,
)
from templates.domain.opt import Opt
from templates.domain.permissions import CHANGE, DELETE, READ
from templates.domain.ports import Cdr, Change, Happened, TemplateRepository, Told
from templates.domain.record import Record
from templates.domain.semantic_version import SemanticVersion
from templates.domain.template import CdrState, now
from templates.domain.version import State, Version
from templates.service.holding import Holding
from templates.service.uploads import Uploaded, UploadService


@dataclass(frozen=True)
class Lifecycle:
    templates: TemplateRepository
    uploads: UploadService
    cdr: Cdr
    holding: Holding
    authorizer: Authorizer

    async def record(self, caller: Principal, template_id: TemplateId) -> Record:
        """With at least one version. Raises TemplateNotFound."""
        await self.authorizer.authorize(caller, READ, target=template_id)
        return await self._record(template_id)

    async def version(
        self, caller: Principal, template_id: TemplateId, number: SemanticVersion
    ) -> tuple[Record, Version]:
        """Raises TemplateNotFound, VersionNotFound."""
        record = await self.record(caller, template_id)
        return record, record.version(number)

    async def source(self, caller: Principal, template_id: TemplateId, number: SemanticVersion) -> bytes:
        """Byte for byte as it was uploaded."""
        await self.record(caller, template_id)
        return await self.templates.source(template_id, number)

    async def publish(self, caller: Principal, template_id: TemplateId, number: SemanticVersion) -> Uploaded:
        """What an upload that is no draft does at once, and raises."""
        await self.authorizer.authorize(caller, CHANGE, target=template_id)
        await self._record(template_id)
        return await self.uploads.publish(template_id, number, caller.actor())

    async def retire(self, caller: Principal, template_id: TemplateId, number: SemanticVersion) -> Record:
        """It is offered no more; again, nothing changes.

        EHRbase goes back to what is now the highest published version, or keeps what compositions use.
        Raises VersionNotPublished, TemplateChangeBreaking, TemplateBusy.
        """
        await self.authorizer.authorize(caller, CHANGE, target=template_id)
        await self._record(template_id)
        async with self.templates.changing(template_id, wait=True) as change:
            version = change.record.version(number)
            if version.state is State.RETIRED:
                return change.record
            if version.state is not State.PUBLISHED:
                raise VersionNotPublished
            await self._retire(change, version, caller.actor())
        return change.record

    async def delete(self, caller: Principal, template_id: TemplateId, number: SemanticVersion) -> None:
        """A draft, or what was refused. Raises VersionPublished, TemplateBusy."""
        await self.authorizer.authorize(caller, DELETE, target=template_id)
        record = await self._record(template_id)
        version = record.version(number)
        if version.state in {State.PUBLISHED, State.RETIRED}:
            raise VersionPublished
        if version.state is State.REGISTERING:
            raise TemplateBusy
        await self.templates.store(record, record.without(number, now()), None)

    async def withdraw(self, caller: Principal, template_id: TemplateId) -> None:
        """All that is published of a template that nothing uses, as EHRbase's clients delete one.

        Raises TemplateNotFound, also when nothing is published; TemplateInUse.
        """
        await self.authorizer.authorize(caller, DELETE, target=template_id)
        await self._record(template_id)
        async with self.templates.changing(template_id, wait=True) as change:
            if change.record.published is None:
                raise TemplateNotFound
            if not await self.cdr.remove(template_id):
                raise TemplateInUse
            while (version := change.record.published) is not None:
                await self._retired(change, version, CdrState.NONE, caller.actor())

    async def _retire(self, change: Change, version: Version, actor: Actor) -> None:
        record = change.record
        if version != record.published:
            await self._retired(change, version, record.cdr_state, actor)
            return
        retired = record.with_version(version.retired(now()))
        if before := retired.published:
            source = await change.source(before.number)
            await self.holding.bring(Opt(record.id, before.concept, before.archetype_id, source), ours=True)
            await self._retired(change, version, CdrState.HELD, actor)
            return
        gone = await self.cdr.remove(record.id)
        await self._retired(change, version, CdrState.NONE if gone else CdrState.KEPT, actor)

    async def _retired(self, change: Change, version: Version, cdr_state: CdrState, actor: Actor) -> None:
        retired = version.retired(now())
        after = change.record.with_version(retired).with_cdr(cdr_state)
        await change.save(after, Told(Happened.RETIRED, retired, actor))

    async def _record(self, template_id: TemplateId) -> Record:
        record = await self.templates.record(template_id)
        if record is None or not record.versions:
            raise TemplateNotFound
        return record
