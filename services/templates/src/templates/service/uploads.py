"""A template comes in: stored first, as a version; then, if it is no draft, registered and published."""

from dataclasses import dataclass
from typing import Final

from openward_contracts.actor import Actor
from openward_contracts.identifiers import TemplateId
from openward_servicekit.auth import Authorizer, Principal

from templates.domain.errors import TemplateBusy, TemplateExists, VersionTaken
from templates.domain.opt import Opt
from templates.domain.permissions import UPLOAD
from templates.domain.ports import Happened, TemplateRepository, Told
from templates.domain.record import Record
from templates.domain.semantic_version import SemanticVersion
from templates.domain.template import now
from templates.domain.version import State, Version
from templates.service.examination import Examination, Examiner
from templates.service.registration import Registrar

#: Another upload of the same id comes between reading what there is and storing.
_TRIES: Final = 5


@dataclass(frozen=True)
class Wish:
    """What a caller says of an upload beside the document.

    `version` it is to have. `first`: only if none of this id was published before, as EHRbase has it.
    """

    draft: bool = False
    version: SemanticVersion | None = None
    first: bool = False


@dataclass(frozen=True)
class Uploaded:
    """`new`: this upload, or an interrupted one that it repeats, has stored or published the version."""

    record: Record
    version: Version
    new: bool


@dataclass(frozen=True)
class UploadService:
    templates: TemplateRepository
    registrar: Registrar
    examiner: Examiner
    authorizer: Authorizer

    async def upload(self, caller: Principal, opt: Opt, wish: Wish | None = None) -> Uploaded:
        """The same bytes again change nothing; other ones are another version.

        Raises TemplateExists while another version is being registered, and to who wants a first one;
        VersionTaken, VersionTooLow, TemplateRetired, TemplateLintFailed: nothing is stored; TemplateRefused,
        TemplateHeldDifferently, TemplateChangeBreaking: the version is on record as refused; Unavailable and
        UpstreamTimeout: it is registered later, or when it is sent again.
        """
        await self.authorizer.authorize(caller, UPLOAD, target=opt.template_id)
        return await self.take(caller.actor(), opt, wish or Wish())

    async def take(self, actor: Actor, opt: Opt, wish: Wish) -> Uploaded:
        """Of whoever may."""
        record, version, new = await self._stored(actor, opt, wish)
        if version.state is State.PUBLISHED or wish.draft:
            return Uploaded(record, version, new)
        record = await self._published(record, version, actor)
        return Uploaded(record, record.version(version.number), new=True)

    async def publish(self, template_id: TemplateId, number: SemanticVersion, actor: Actor) -> Uploaded:
        """A draft, or what was refused once more. Raises VersionNotFound, TemplateRetired, VersionTaken."""
        record = await self._record(template_id)
        version = record.version(number)
        if version.state is State.PUBLISHED:
            return Uploaded(record, version, new=False)
        record = await self._published(record, version, actor)
        return Uploaded(record, record.version(number), new=True)

    async def _published(self, record: Record, version: Version, actor: Actor) -> Record:
        if version.state is not State.REGISTERING:
            record.publishable(version)
            await self.templates.store(record, record.with_version(version.to_be_registered(now())), None)
        return await self.registrar.register(record.id, version.number, actor)

    async def _stored(self, actor: Actor, opt: Opt, wish: Wish) -> tuple[Record, Version, bool]:
        """The version of these bytes, and whether it was not there before."""
        examination = None
        for _ in range(_TRIES):
            record = await self._record(opt.template_id)
            if known := _known(record, opt, wish):
                return record, known, False
            if examination is None or examination.revision != record.revision:
                examination = await self.examiner.examine(record, opt, wish.version)
            version = _new(record, opt, wish, examination, actor)
            after = record.uploaded(version)
            try:
                await self.templates.store(record, after, Told(Happened.UPLOADED, version, actor), opt)
            except TemplateBusy:
                continue
            return after, version, True
        raise TemplateBusy

    async def _record(self, template_id: TemplateId) -> Record:
        return await self.templates.record(template_id) or Record.new(template_id, now())


def _known(record: Record, opt: Opt, wish: Wish) -> Version | None:
    """The version that these bytes are already. Raises what keeps them from becoming one."""
    known = record.of_bytes(opt.sha256)
    if known and wish.version not in (None, known.number):
        raise VersionTaken(f"These bytes are version {known.number} of this template.")
    if known is None and record.registering:
        raise TemplateExists("Another version of this template is being registered.")
    if known is None and wish.first and record.published:
        raise TemplateExists
    return known


def _new(record: Record, opt: Opt, wish: Wish, examination: Examination, actor: Actor) -> Version:
    at = now()
    return Version(
        number=examination.number,
        upload=record.uploads + 1,
        state=State.DRAFT if wish.draft else State.REGISTERING,
        sha256=opt.sha256,
        size=len(opt.source),
        concept=opt.concept,
        archetype_id=opt.archetype_id,
        uploaded_by=actor.sub,
        created_at=at,
        updated_at=at,
        findings=tuple(examination.findings),
    )
