"""A template as it is shown: by its latest published version, else by the latest of all."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from openward_contracts.identifiers import TemplateId

from templates.domain.semantic_version import SemanticVersion
from templates.domain.version import State

__all__ = ["CdrState", "Document", "Format", "State", "Template", "now"]


def now() -> datetime:
    """As precise as the database keeps it: to the millisecond."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class CdrState(StrEnum):
    """What EHRbase has of a template.

    `none`: nothing, or nothing of ours. `held`: the latest published version. `different`: another document,
    by which compositions were made that ours could break. `kept`: one that is retired and still in use.
    """

    NONE = "none"
    HELD = "held"
    DIFFERENT = "different"
    KEPT = "kept"


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
    """What is known of a template without its document and its other versions.

    `uploads` counts the uploads of the id, `revision` all changes. `refusal` says why EHRbase does not have
    what is refused.
    """

    id: TemplateId
    version: SemanticVersion
    uploads: int
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
    cdr_state: CdrState = CdrState.NONE

    @property
    def is_for_compositions(self) -> bool:
        return "-COMPOSITION." in self.archetype_id
