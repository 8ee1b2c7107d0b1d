"""Migration checks: asked for here, carried out by `clinical`, shown here as it tells of them."""

import base64
import gzip
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from openward_contracts.identifiers import TemplateId
from openward_contracts.migration_checks import MAX_WEB_TEMPLATE
from openward_servicekit.auth import Authorizer, Principal

from templates.domain.migration_check import (
    MigrationCheck,
    MigrationCheckNotFound,
    MigrationCheckRepository,
    Progress,
    WebTemplateTooLarge,
)
from templates.domain.permissions import CHECK_MIGRATION, READ_MIGRATION_CHECK
from templates.domain.recipes import FullTree
from templates.domain.semantic_version import SemanticVersion
from templates.domain.template import now
from templates.service.derivation import Derivation

#: Bytes that MAX_WEB_TEMPLATE characters of base64 are.
_MOST: Final = MAX_WEB_TEMPLATE // 4 * 3


@dataclass(frozen=True)
class MigrationCheckService:
    checks: MigrationCheckRepository
    derivation: Derivation
    authorizer: Authorizer

    async def request(
        self, caller: Principal, template_id: TemplateId, number: SemanticVersion
    ) -> MigrationCheck:
        """A new one, or the one of the same bytes that is under way.

        Raises TemplateNotFound, VersionNotFound, TemplateNotCompiled, WebTemplateTooLarge.
        """
        await self.authorizer.authorize(caller, CHECK_MIGRATION, target=template_id)
        material = await self.derivation.subject(caller, template_id, number)
        rendered = await self.derivation.document(material, FullTree())
        packed = gzip.compress(rendered.content, mtime=0)
        if len(packed) > _MOST:
            raise WebTemplateTooLarge(_MOST)
        at = now()
        check = MigrationCheck(uuid4(), template_id, number, material.sha256, caller.sub, at, at)
        return await self.checks.request(check, base64.b64encode(packed).decode(), caller.actor())

    async def find(
        self, caller: Principal, template_id: TemplateId, number: SemanticVersion, check_id: UUID
    ) -> MigrationCheck:
        """Raises MigrationCheckNotFound."""
        await self.authorizer.authorize(caller, READ_MIGRATION_CHECK, target=template_id)
        check = await self.checks.get(check_id)
        if check is None or (check.template_id, check.version) != (template_id, number):
            raise MigrationCheckNotFound
        return check

    async def note(self, progress: Progress) -> None:
        """May be repeated, and come late."""
        await self.checks.note(progress)
