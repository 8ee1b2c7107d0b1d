"""The template that something is derived from, and how that is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response

from templates.api.conditional import shown
from templates.api.dependencies import NamedTemplate, Reader, Services
from templates.api.negotiation import languages
from templates.domain.errors import VersionInvalid
from templates.domain.semantic_version import SemanticVersion
from templates.service.derivation import Derivation
from templates.service.workshop import Material, Recipe


@dataclass(frozen=True)
class Asked:
    """A version of a template, by a caller who may read it; `accepted` languages, the best first."""

    material: Material
    derivation: Derivation
    request: Request
    accepted: Sequence[str]

    async def language(self, wanted: str | None) -> str:
        """That of labels. Raises LanguageUnknown for one that is wanted and not there."""
        return await self.derivation.language(self.material, wanted, self.accepted)

    async def shown(self, recipe: Recipe, media_type: str | None = None) -> Response:
        """What is derived by the recipe, or 304."""
        return shown(self.request, await self.derivation.document(self.material, recipe), media_type)


def number_of(version: str | None) -> SemanticVersion | None:
    """Raises VersionInvalid."""
    try:
        return SemanticVersion.parse(version) if version else None
    except ValueError:
        raise VersionInvalid from None


async def asked(
    caller: Reader,
    template_id: NamedTemplate,
    services: Services,
    request: Request,
    version: Annotated[str | None, Query(description="such as 1.2.0; else the one that is published")] = None,
    accept_language: Annotated[str | None, Header()] = None,
) -> Asked:
    material = await services.derivation.subject(caller, template_id, number_of(version))
    return Asked(material, services.derivation, request, languages(accept_language))


Subject = Annotated[Asked, Depends(asked)]
