"""What the use cases need from outside, one Protocol each."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from openward_contracts.actor import Actor
from openward_contracts.identifiers import TemplateId

from templates.domain.opt import Opt
from templates.domain.template import Document, Format, Template


class Registration(Protocol):
    """A template that nobody else registers meanwhile. What is decided is committed when the block ends."""

    template: Template

    async def source(self) -> bytes:
        """The document as it was uploaded."""

    async def publish(self, after: Template, actor: Actor) -> None:
        """With the event."""

    async def refuse(self, after: Template) -> None: ...


class TemplateRepository(Protocol):
    """Each write is one transaction with its event. Any method may raise CatalogueBusy."""

    async def add(self, template: Template, opt: Opt, actor: Actor) -> Template:
        """The template, or the one that somebody else has added under this id."""

    async def replace(self, before: Template, after: Template, opt: Opt, actor: Actor) -> None:
        """Raises TemplateBusy when it has changed since `before`."""

    async def get(self, template_id: TemplateId) -> Template | None: ...

    async def source(self, template_id: TemplateId) -> bytes:
        """The document as it was uploaded; of a template that exists."""

    async def page(self, after: TemplateId | None, limit: int) -> Sequence[Template]:
        """The next ones in the order of their ids."""

    async def published(self) -> Sequence[Template]:
        """All of them, in the order of their ids."""

    async def unsettled(self) -> Sequence[TemplateId]:
        """What is being registered, the oldest first."""

    def registering(
        self, template_id: TemplateId, *, wait: bool
    ) -> AbstractAsyncContextManager[Registration]:
        """Raises TemplateBusy when another works on it: at once, or with `wait` after some seconds."""


class Cdr(Protocol):
    """EHRbase. Any method may raise Unavailable (nothing sent), UpstreamTimeout (unknown), CdrError."""

    async def register(self, template_id: TemplateId, source: bytes) -> None:
        """EHRbase holds this template when it returns, also when it did before.

        Raises TemplateRefused, and TemplateHeldDifferently when it holds another one of this id.
        """

    async def web_template(self, template_id: TemplateId) -> Document: ...

    async def example(self, template_id: TemplateId, form: Format) -> Document:
        """Raises ExampleImpossible when EHRbase cannot make one."""
