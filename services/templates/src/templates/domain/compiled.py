"""A template that was compiled: what everything that is derived starts from."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from openward_openehr import opt, validation, web_template
from openward_openehr.web_template import WebTemplate

from templates.domain.errors import TemplateNotCompiled

_UNREADABLE: Final = (opt.XmlMalformed, opt.XmlForbidden, opt.XmlTooComplex, opt.OptInvalid)


@dataclass(frozen=True)
class Compiled:
    """`source` is the document."""

    source: bytes
    web_template: WebTemplate

    @cached_property
    def full(self) -> WebTemplate:
        """With the structures that a web template leaves out, and canonical compositions have."""
        return web_template.compile_full(self.source)

    @cached_property
    def validator(self) -> validation.CompiledTemplate:
        """By which compositions are checked."""
        return validation.compile(self.web_template, self.full)

    def language(self, wanted: tuple[str, ...]) -> str | None:
        """The first wanted one of those it is written in (RFC 4647, section 3.4: lookup), if there is one."""
        spoken = {tag.lower(): tag for tag in self.web_template.languages}
        for tag in wanted:
            subtags = tag.lower().split("-")
            for count in range(len(subtags), 0, -1):
                if found := spoken.get("-".join(subtags[:count])):
                    return found
        return None


def compile_source(source: bytes) -> Compiled:
    """Raises TemplateNotCompiled."""
    try:
        return Compiled(source, web_template.compile(source))
    except _UNREADABLE as problem:
        raise TemplateNotCompiled(f"{problem}.") from None
    except RecursionError:
        raise TemplateNotCompiled("it is nested too deeply.") from None
