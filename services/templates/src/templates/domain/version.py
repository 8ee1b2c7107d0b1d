"""A version of a template: a document, and what became of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from templates.domain.semantic_version import SemanticVersion


class State(StrEnum):
    """`deleted` is a template of which no version is left."""

    DRAFT = "draft"
    REGISTERING = "registering"
    PUBLISHED = "published"
    REFUSED = "refused"
    RETIRED = "retired"
    DELETED = "deleted"


class Severity(StrEnum):
    """An `error` keeps a template from being taken."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """What a look at the document has found; `line` and `column` count from 1.

    `path` is that of AQL for what is in the definition, else that of the XML; `label` the name of the node.
    """

    severity: Severity
    code: str
    detail: str
    line: int
    column: int
    path: str
    label: str | None = None


@dataclass(frozen=True)
class Version:
    """`upload`: the how-manieth of the id it was. `refusal`: why EHRbase does not have what is refused."""

    number: SemanticVersion
    upload: int
    state: State
    sha256: str
    size: int
    concept: str
    archetype_id: str
    uploaded_by: str
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None = None
    retired_at: datetime | None = None
    refusal: str | None = None
    findings: tuple[Finding, ...] = ()

    def to_be_registered(self, at: datetime) -> Self:
        return replace(self, state=State.REGISTERING, refusal=None, updated_at=at)

    def published(self, at: datetime) -> Self:
        return replace(self, state=State.PUBLISHED, updated_at=at, published_at=at)

    def refused(self, why: str, at: datetime) -> Self:
        return replace(self, state=State.REFUSED, updated_at=at, refusal=why)

    def retired(self, at: datetime) -> Self:
        return replace(self, state=State.RETIRED, updated_at=at, retired_at=at)
