"""What the use cases need from outside, one Protocol each."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from openward_contracts.actor import Actor
from openward_contracts.identifiers import TemplateId

from templates.domain.opt import Opt
from templates.domain.record import Record
from templates.domain.search import Question, Words
from templates.domain.semantic_version import SemanticVersion
from templates.domain.template import Document, Format, Template
from templates.domain.version import Version


class Happened(StrEnum):
    UPLOADED = "uploaded"
    PUBLISHED = "published"
    RETIRED = "retired"


@dataclass(frozen=True)
class Told:
    """What an event tells, of which version, and who did it."""

    what: Happened
    version: Version
    actor: Actor


class Change(Protocol):
    """A template that nobody else changes meanwhile. What is saved is committed when the block ends."""

    record: Record

    async def source(self, number: SemanticVersion) -> bytes:
        """The document of one of its versions."""

    async def save(self, after: Record, told: Told | None = None) -> None: ...


class TemplateRepository(Protocol):
    """Each write is one transaction with its event. Any method may raise CatalogueBusy."""

    @property
    def changes(self) -> int:
        """Grows with every write of this process."""

    async def store(self, before: Record, after: Record, told: Told | None, opt: Opt | None = None) -> None:
        """`opt` is the document of the version that is told of.

        Raises TemplateBusy when the template is not as `before` any more.
        """

    async def get(self, template_id: TemplateId) -> Template | None:
        """None also for one of which no version is left."""

    async def record(self, template_id: TemplateId) -> Record | None: ...

    async def source(self, template_id: TemplateId, number: SemanticVersion | None = None) -> bytes:
        """The document of a version, or of what is shown. Raises VersionNotFound."""

    async def page(self, after: TemplateId | None, limit: int) -> Sequence[Template]:
        """The next ones in the order of their ids."""

    async def published(self) -> Sequence[Template]:
        """All of them, in the order of their ids."""

    async def all(self) -> Sequence[Template]:
        """Whatever ids there are or were."""

    async def unsettled(self) -> Sequence[tuple[TemplateId, SemanticVersion]]:
        """What is being registered, the oldest first."""

    def changing(self, template_id: TemplateId, *, wait: bool) -> AbstractAsyncContextManager[Change]:
        """Raises TemplateBusy when another works on it: at once, or with `wait` after some seconds."""


class Documents(Protocol):
    """What there is to derive from. May raise CatalogueBusy."""

    async def source(self, template_id: TemplateId, number: SemanticVersion) -> bytes:
        """The document of a version. Raises VersionNotFound."""


class SearchIndex(Protocol):
    """By which templates are found. Any method may raise CatalogueBusy."""

    async def missing(self) -> Sequence[TemplateId]:
        """Some published templates that have no words, or those of another document."""

    async def write(self, template: Template, words: Words) -> None:
        """In place of those that it has."""

    async def find(self, question: Question, after: TemplateId | None, limit: int) -> Sequence[Template]:
        """The next ones, in the order of their ids, that answer a question which wants something."""


class Cdr(Protocol):
    """EHRbase. Any method may raise Unavailable (nothing sent), UpstreamTimeout (unknown), CdrError."""

    async def listed(self) -> Mapping[str, str]:
        """Ids of the templates that it holds, each with the time of its last change."""

    async def source(self, template_id: TemplateId) -> bytes | None:
        """The document as it holds it: the same, but written in its own way."""

    async def register(self, template_id: TemplateId, source: bytes) -> None:
        """EHRbase holds this template when it returns; it must not hold another one of this id before.

        Raises TemplateRefused, and TemplateHeldDifferently when it does nevertheless.
        """

    async def replace(self, template_id: TemplateId, source: bytes) -> None:
        """In place of the one that it holds, used or not. Raises TemplateRefused."""

    async def remove(self, template_id: TemplateId) -> bool:
        """Whether it is not there any more: EHRbase keeps what any version of a composition uses."""

    async def web_template(self, template_id: TemplateId) -> Document: ...

    async def example(self, template_id: TemplateId, form: Format) -> Document:
        """Raises ExampleImpossible when EHRbase cannot make one."""


class MigrationChecks(Protocol):
    """What is known of stored compositions and a version that is not published yet."""

    async def none_failing(self, template_id: TemplateId, sha256: str) -> bool | None:
        """Whether a finished check found none that would fail under these bytes; None: not known."""
