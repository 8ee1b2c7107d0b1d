"""A template as rules see it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from openward_openehr.opt.lint import definition
from openward_openehr.opt.lint.definition import Object
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
    def roots(self) -> list[Object]:
        """Those of archetypes."""
        return [each for each in self.objects if each.is_root]

    @cached_property
    def _elements(self) -> Mapping[str, list[Element]]:
        found = defaultdict(list)
        for element in self.element.walk():
            found[element.name].append(element)
        return found

    def with_child(self, name: str) -> Iterator[Element]:
        """Those that have a child of this name."""
        everything = (element for elements in self._elements.values() for element in elements)
        return (element for element in everything if any(child.name == name for child in element.children))

    def names(self) -> Iterable[str]:
        """Of all elements."""
        return self._elements.keys()

    def elements(self, name: str) -> Sequence[Element]:
        """Everywhere in the document, in its order."""
        return self._elements.get(name, ())

    @property
    def language(self) -> str:
        """Empty where it is missing."""
        return self.element.value("language", "code_string")


def read(root: Element, of: Element) -> Template:
    """`of`: its definition."""
    return Template(root, definition.read(of))
