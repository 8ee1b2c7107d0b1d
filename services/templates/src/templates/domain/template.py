"""A template and its way from upload to publication."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from openward_contracts.identifiers import TemplateId

from templates.domain.opt import Opt


def now() -> datetime:
    """As precise as the database keeps it: to the millisecond."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class State(StrEnum):
    REGISTERING = "registering"
    PUBLISHED = "published"
    REFUSED = "refused"


class Format(StrEnum):
    """In what an example is written; CANONICAL and XML are openEHR's own, the others simplified."""

    CANONICAL = "CANONICAL"
    FLAT = "FLAT"
    STRUCTURED = "STRUCTURED"
    XML = "XML"


@dataclass(frozen=True)
class Document:
    """A body as EHRbase sent it."""

    content: bytes
    media_type: str


@dataclass(frozen=True)
class Template:
    """What is known of a template without its document.

    `version` counts the uploads of the id, `revision` all changes. `refusal` says why EHRbase does not have
    what is refused.
    """

    id: TemplateId
    version: int
    revision: int
    sha256: str
    size: int
    state: State
    concept: str
    archetype_id: str
    uploaded_by: str
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None = None
    refusal: str | None = None

    @classmethod
    def uploaded(cls, opt: Opt, by: str, at: datetime) -> Self:
        return cls(
            id=opt.template_id,
            version=1,
            revision=1,
            sha256=opt.sha256,
            size=len(opt.source),
            state=State.REGISTERING,
            concept=opt.concept,
            archetype_id=opt.archetype_id,
            uploaded_by=by,
            created_at=at,
            updated_at=at,
        )

    def replaced(self, opt: Opt, by: str, at: datetime) -> Self:
        """With another document, to be registered; for one that was refused."""
        new = type(self).uploaded(opt, by, at)
        return replace(new, version=self.version + 1, revision=self.revision + 1, created_at=self.created_at)

    def published(self, at: datetime) -> Self:
        return replace(
            self, state=State.PUBLISHED, revision=self.revision + 1, updated_at=at, published_at=at
        )

    def refused(self, why: str, at: datetime) -> Self:
        return replace(self, state=State.REFUSED, revision=self.revision + 1, updated_at=at, refusal=why)

    @property
    def is_for_compositions(self) -> bool:
        return "-COMPOSITION." in self.archetype_id
