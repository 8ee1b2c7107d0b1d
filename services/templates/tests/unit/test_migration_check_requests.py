"""A web template that NATS could not carry is refused before anything is stored."""

import os
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from openward_contracts.actor import Actor
from openward_contracts.identifiers import TemplateId
from openward_servicekit.auth import Authorizer, Principal, Role
from openward_servicekit.auth.scopes import parse_scopes
from templates.domain.migration_check import MigrationCheck, Progress, WebTemplateTooLarge
from templates.domain.rendered import Rendered
from templates.domain.semantic_version import SemanticVersion
from templates.service.derivation import Derivation
from templates.service.migration_checks import MigrationCheckService
from templates.service.workshop import Material

AUTHOR = Principal("author-1", "web", frozenset({Role.TEMPLATE_AUTHOR}), parse_scopes("user/template-*.cr"))


@dataclass
class MemoryChecks:
    stored: list[MigrationCheck] = field(default_factory=list)

    async def request(self, check: MigrationCheck, web_template: str, actor: Actor) -> MigrationCheck:
        del web_template, actor
        self.stored.append(check)
        return check

    async def get(self, check_id: object) -> MigrationCheck | None:
        return next((check for check in self.stored if check.id == check_id), None)

    async def note(self, progress: Progress) -> None:
        del progress


@dataclass
class Derived:
    """A web template of so many bytes that no compression makes smaller."""

    size: int

    async def subject(self, *_: object) -> Material:
        return Material("ab" * 32, 1, SemanticVersion(1, 1, 0), cast("Any", None))

    async def document(self, *_: object) -> Rendered:
        return Rendered(os.urandom(self.size), "application/json")


async def nobody(_: object) -> None:
    """Nothing is denied here."""


@pytest.mark.parametrize(("size", "stored"), [(600_000, 1), (700_000, 0)])
async def test_a_web_template_is_taken_up_to_what_a_message_carries(size: int, stored: int) -> None:
    checks = MemoryChecks()
    service = MigrationCheckService(checks, cast("Derivation", Derived(size)), Authorizer(nobody))
    asked = service.request(AUTHOR, TemplateId("vitals.v1"), SemanticVersion(1, 1, 0))
    if stored:
        await asked
    else:
        with pytest.raises(WebTemplateTooLarge):
            await asked
    assert len(checks.stored) == stored
