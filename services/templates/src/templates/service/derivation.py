"""What is derived from a template, for who may read it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from openward_contracts.identifiers import TemplateId
from openward_openehr.validation import Format, Problem, validate
from openward_servicekit.auth import Authorizer, Principal

from templates.domain.errors import LanguageUnknown, TemplateNotFound, TemplateNotPublished
from templates.domain.permissions import READ
from templates.domain.ports import Documents, TemplateRepository
from templates.domain.recipes import Difference
from templates.domain.rendered import Rendered
from templates.domain.semantic_version import SemanticVersion
from templates.domain.template import State, Template
from templates.service.workshop import Material, Recipe, Workshop

#: So long another process's publication may go unnoticed; what this process has written is seen at once.
_SECONDS: Final = 1.0
_REMEMBERED: Final = 1000


@dataclass(frozen=True)
class _Seen:
    template: Template
    changes: int
    at: float


@dataclass(frozen=True)
class Derivation:
    templates: TemplateRepository
    documents: Documents
    workshop: Workshop
    authorizer: Authorizer
    _seen: dict[TemplateId, _Seen] = field(default_factory=dict)

    async def subject(
        self, caller: Principal, template_id: TemplateId, number: SemanticVersion | None = None
    ) -> Material:
        """A version in whatever state, or the one that is published.

        Raises TemplateNotFound, VersionNotFound, TemplateNotPublished.
        """
        await self.authorizer.authorize(caller, READ, target=template_id)
        if number is not None:
            return await self._version(template_id, number)
        template = await self._known(template_id)
        if template.state is not State.PUBLISHED:
            raise TemplateNotPublished
        return self._material(template.sha256, template.size, template_id, template.version)

    async def language(self, subject: Material, wanted: str | None, accepted: Sequence[str]) -> str:
        """That of the labels: the one that is `wanted`, else one that is `accepted`, else the template's own.

        Raises LanguageUnknown when the template is not written in what is wanted.
        """
        compiled = await self.workshop.compiled(subject)
        if wanted:
            if (found := compiled.language((wanted,))) is None:
                raise LanguageUnknown(compiled.web_template.languages)
            return found
        return compiled.language(tuple(accepted)) or compiled.web_template.default_language

    async def document(self, subject: Material, recipe: Recipe) -> Rendered:
        return await self.workshop.rendered(subject, recipe)

    async def _version(self, template_id: TemplateId, number: SemanticVersion) -> Material:
        record = await self.templates.record(template_id)
        if record is None:
            raise TemplateNotFound
        version = record.version(number)
        return self._material(version.sha256, version.size, template_id, number)

    def _material(self, sha256: str, size: int, template_id: TemplateId, number: SemanticVersion) -> Material:
        return Material(sha256, size, number, partial(self.documents.source, template_id, number))

    async def difference(self, old: Material, new: Material) -> Rendered:
        """What changes from one version to the other."""
        since = await self.workshop.compiled(old)
        return await self.document(new, Difference(old.sha256, old.number, new.number, since))

    async def problems(
        self, subject: Material, composition: Mapping[str, Any], form: Format
    ) -> list[Problem]:
        """Of a composition in that format. Nothing of it is kept."""
        compiled = await self.workshop.compiled(subject)
        return await self.workshop.check(lambda: validate(compiled.validator, composition, form))

    async def _known(self, template_id: TemplateId) -> Template:
        seen = self._seen.get(template_id)
        changes, now = self.templates.changes, time.monotonic()
        if seen and seen.changes == changes and now - seen.at < _SECONDS:
            return seen.template
        template = await self.templates.get(template_id)
        if template is None:
            raise TemplateNotFound
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        if template.state is State.PUBLISHED:  # one that is not may be in a moment
            self._seen[template_id] = _Seen(template, changes, now)
        return template
