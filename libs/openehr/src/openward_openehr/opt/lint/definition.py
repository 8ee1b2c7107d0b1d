"""The definition of a template as what it constrains: objects, attributes, archetypes with their terms."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from openward_openehr.opt.lint.source import Element

#: Kinds of constraints on objects. Source: openEHR AOM 1.4 and its profile for openEHR (oap).
ARCHETYPE_ROOT: Final = "C_ARCHETYPE_ROOT"
SLOT: Final = "ARCHETYPE_SLOT"
PRIMITIVE: Final = "C_PRIMITIVE_OBJECT"
CODES: Final = "C_CODE_PHRASE"


@dataclass(slots=True, eq=False)
class Archetype:
    """One use of an archetype: where it is rooted, and what its codes say there."""

    element: Element
    archetype_id: str
    #: By code, the first `term_definitions` that defines it.
    terms: dict[str, Element] = field(default_factory=dict)
    #: Codes that nodes, lists and ordinals within it use.
    used: set[str] = field(default_factory=set)

    def text(self, code: str) -> str | None:
        term = self.terms.get(code)
        return _item(term, "text") if term else None


@dataclass(eq=False)
class Attribute:
    """`lower`, `upper` of its cardinality: None if it has none, or without end."""

    element: Element
    name: str
    owner: "Object"
    children: list["Object"] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"{self.owner.path.removesuffix('/')}/{self.name}"

    @property
    def label(self) -> str | None:
        return self.owner.label

    @property
    def is_container(self) -> bool:
        return self.element.kind == "C_MULTIPLE_ATTRIBUTE"

    @property
    def is_prohibited(self) -> bool:
        return span(self.element.child("existence"))[1] == 0

    @cached_property
    def cardinality(self) -> tuple[int, int | None]:
        return span(self.element.child("cardinality", "interval"))


@dataclass(eq=False)
class Object:
    """`archetype` is the one whose codes it uses; for a root that is itself."""

    element: Element
    kind: str
    rm_type: str
    node_id: str
    archetype: Archetype
    attribute: Attribute | None
    attributes: list[Attribute] = field(default_factory=list)

    @cached_property
    def path(self) -> str:
        if self.attribute is None:
            return "/"
        predicate = self.archetype.archetype_id if self.is_root else self.node_id
        return f"{self.attribute.path}[{predicate}]" if predicate else self.attribute.path

    @cached_property
    def label(self) -> str | None:
        return self.given_name or self.archetype.text(self.node_id) or self._label_around

    @property
    def _label_around(self) -> str | None:
        return self.attribute.owner.label if self.attribute else None

    @property
    def is_root(self) -> bool:
        return self.archetype.element is self.element

    @cached_property
    def occurrences(self) -> tuple[int, int | None]:
        return span(self.element.child("occurrences"))

    @property
    def is_prohibited(self) -> bool:
        return self.occurrences[1] == 0

    @cached_property
    def given_name(self) -> str | None:
        """What the template names it, if it constrains the name to one text."""
        return next((found.text for found in self._given_names() if found.text), None)

    def _given_names(self) -> Iterator[Element]:
        for name in self.attribute_named("name"):
            for value in (each for child in name.children for each in child.attribute_named("value")):
                for text in value.children:
                    item = text.element.child("item")
                    yield from item.all("list") if item else ()

    def attribute_named(self, name: str) -> Iterator[Attribute]:
        return (each for each in self.attributes if each.name == name)

    def walk(self) -> Iterator["Object"]:
        """Itself and everything beneath it, parents first."""
        yield self
        for attribute in self.attributes:
            for child in attribute.children:
                yield from child.walk()


def read(definition: Element) -> Object:
    """What a definition constrains, whatever is wrong with it."""
    return _object(definition, None, Archetype(definition, ""))


def span(interval: Element | None) -> tuple[int, int | None]:
    """Bounds of a count; 0 for a lower one, None for an upper one that is missing, unbounded or no number."""
    if interval is None:
        return 0, None
    lower, upper = (_count(interval, end) for end in ("lower", "upper"))
    return lower or 0, upper


def _count(interval: Element, end: str) -> int | None:
    if interval.value(f"{end}_unbounded") == "true":
        return None
    written = interval.value(end)
    return int(written) if written.isascii() and written.isdigit() else None


def _object(element: Element, attribute: Attribute | None, around: Archetype) -> Object:
    is_root = element.kind == ARCHETYPE_ROOT or attribute is None
    archetype = _archetype(element) if is_root else around
    rm_type, node_id = element.value("rm_type_name"), element.value("node_id")
    found = Object(element, element.kind, rm_type, node_id, archetype, attribute)
    found.attributes = [_attribute(each, found) for each in element.all("attributes")]
    return found


def _attribute(element: Element, owner: Object) -> Attribute:
    found = Attribute(element, element.value("rm_attribute_name"), owner)
    found.children = [_object(each, found, owner.archetype) for each in element.all("children")]
    return found


def _archetype(element: Element) -> Archetype:
    terms: dict[str, Element] = {}
    for term in element.all("term_definitions"):
        terms.setdefault(term.attributes.get("code", ""), term)
    return Archetype(element, element.value("archetype_id", "value"), terms)


def _item(term: Element, named: str) -> str | None:
    return next((each.text for each in term.all("items") if each.attributes.get("id") == named), None)
