"""A template as rules see it."""

from dataclasses import dataclass
from functools import cached_property

from openward_openehr.opt.lint import definition
from openward_openehr.opt.lint.definition import Archetype, Object
from openward_openehr.opt.lint.source import Element


@dataclass(eq=False)
class Template:
    """`definition`: the root of its tree; there is always one, rules begin when it is there."""

    element: Element
    definition: Object

    @cached_property
    def objects(self) -> list[Object]:
        """Everything that is constrained, in the order of the document."""
        return list(self.definition.walk())

    @cached_property
    def archetypes(self) -> list[Archetype]:
        return [each.archetype for each in self.objects if each.is_root]

    @property
    def language(self) -> str:
        """Empty where it is missing."""
        return self.element.value("language", "code_string")


def read(root: Element, of: Element) -> Template:
    """`of`: its definition."""
    return Template(root, definition.read(of))
