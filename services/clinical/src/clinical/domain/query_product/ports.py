"""What query products need of the outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from openward_contracts.identifiers import TemplateId

from clinical.domain.aql import Scope
from clinical.domain.query_product.model import Product
from clinical.domain.query_product.naming import Version


@dataclass(frozen=True)
class Retirement:
    by: str
    at: datetime
    why: str


class Products(Protocol):
    """The definitions, in this service's own database."""

    async def add(self, product: Product) -> bool:
        """As pending; False if this version is there already."""

    async def publish(self, product: Product) -> None:
        """EHRbase holds its text: so it is, and may be repeated."""

    async def drop(self, product: Product) -> None:
        """If it is pending still: EHRbase will not hold its text."""

    async def retire(self, product: Product, retirement: Retirement) -> None:
        """Keeps the first."""

    async def of(self, name: str, version: Version | None) -> Product | None:
        """That version, or of those that are published the latest; if none is, of those that are retired."""

    async def versions(self, name: str) -> Sequence[Product]:
        """The latest first, pending ones not."""

    async def pending(self, name: str | None = None) -> Sequence[Product]: ...

    async def page(
        self, words: str | None, after: str | None, limit: int, *, retired: bool
    ) -> Sequence[Product]:
        """Of each name after that one its latest version, in the order of names.

        `words`: each is in the name, the title or the description. `retired`: also those that are.
        """

    async def all(self) -> Sequence[Product]:
        """Every version that is published."""


class TemplateStandings(Protocol):
    async def note(self, template_id: TemplateId, version: int, *, retired: bool) -> None:
        """The last that was told of a template stands: of versions the highest."""

    async def retired(self, template_ids: Sequence[str]) -> set[str]:
        """Those of them that are."""


class TemplateCatalogue(Protocol):
    """What EHRbase holds now."""

    async def template_ids(self) -> set[str]: ...

    async def unknown_archetypes(self, archetype_ids: Sequence[str]) -> set[str]:
        """Those of them that are in no template."""


class CompositionCounts(Protocol):
    async def of(self, scope: Scope, most: int) -> int:
        """How many compositions there are in it, which names EHRs; `most` at most."""

    async def of_all(self) -> int:
        """By PostgreSQL's own estimate."""
