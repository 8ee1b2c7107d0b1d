"""Templates as EHRbase holds them, compiled: what labels, paths and problems are taken from (ADR 35)."""

from dataclasses import dataclass
from typing import Protocol, Self

from openward_contracts.identifiers import TemplateId
from openward_openehr import opt, validation, web_template
from openward_openehr.recorded.labels import Labels
from openward_openehr.validation import CompiledTemplate
from openward_openehr.web_template import WebTemplate
from openward_servicekit.errors import Invalid


class TemplateUnreadable(Invalid):
    """EHRbase holds it, and the library cannot read it."""

    slug = "template-unreadable"


@dataclass(frozen=True, slots=True)
class KnownTemplate:
    """`web_template`: as EHRbase serves it; `validator`, `labels`: of canonical compositions, too."""

    template_id: TemplateId
    web_template: WebTemplate
    validator: CompiledTemplate
    labels: Labels

    @classmethod
    def of(cls, template_id: TemplateId, source: bytes) -> Self:
        """Takes milliseconds to seconds. Raises TemplateUnreadable."""
        try:
            document = opt.read(source)
            compiled, full = web_template.compile(document), web_template.compile_full(document)
            return cls(template_id, compiled, validation.compile(compiled, full), Labels.of(full))
        except Exception as error:
            # EHRbase has taken it; that we cannot is no reason to fail whatever else was asked for.
            raise TemplateUnreadable(type(error).__name__) from error


class Templates(Protocol):
    async def get(self, template_id: TemplateId) -> KnownTemplate | None:
        """As EHRbase holds it now, or did less than a minute ago; None: unknown, or beyond the library.

        Raises Unavailable, UpstreamTimeout, UpstreamBroken, CdrError while EHRbase cannot say.
        """


class Sources(Protocol):
    async def source(self, template_id: TemplateId) -> bytes | None:
        """The OPT (XML) that EHRbase holds under this id. Raises what `Templates.get` raises."""
