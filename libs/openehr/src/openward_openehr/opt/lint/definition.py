"""The definition of a template as what it constrains: objects, attributes, archetypes with their terms."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from openward_openehr.opt.lint.bounds import whole
from openward_openehr.opt.lint.source import Element

#: Kinds of constraints on objects. Source: openEHR AOM 1.4 and its profile for openEHR (oap).
ARCHETYPE_ROOT: Final = "C_ARCHETYPE_ROOT"
SLOT: Final = "ARCHETYPE_SLOT"
PRIMITIVE: Final = "C_PRIMITIVE_OBJECT"
CODES: Final = "C_CODE_PHRASE"
#: Of a node id or a name in a path: longer ones are none, and would stand in the path of all beneath.
_LONGEST_STEP: Final = 255


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


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """The last step of a path, and the place around it: written out for all, paths would be too much."""

    around: "Place | None"
    step: str

    def __str__(self) -> str:
        steps, place = [], self
        while place.around is not None:
            steps.append(place.step[:_LONGEST_STEP])
            place = place.around
        return "".join(reversed(steps)) or "/"


@dataclass(eq=False)
class Attribute:
    """`label` is that of the object that has it."""

    element: Element
    name: str
    place: Place
    label: str | None
    children: list["Object"] = field(default_factory=list)

    @property
    def path(self) -> str:
        return str(self.place)

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
    """`archetype` is the one whose codes it uses; for a root that is itself.

    `given_name`: what the template names it, if it does; `label` its name or the label around it. Nothing
    refers to what is above it, as in `Element`.
    """

    element: Element
    archetype: Archetype
    place: Place
    given_name: str | None
    label: str | None
    is_in_container: bool
    kind: str
    rm_type: str
    node_id: str
    attributes: list[Attribute] = field(default_factory=list)

    @property
    def name(self) -> str | None:
        """That of the template, or of its archetype."""
        return self.given_name or self.archetype.text(self.node_id)

    @property
    def path(self) -> str:
        return str(self.place)

    @property
    def is_top(self) -> bool:
        return self.place.around is None

    @property
    def is_root(self) -> bool:
        return self.archetype.element is self.element

    @cached_property
    def occurrences(self) -> tuple[int, int | None]:
        return span(self.element.child("occurrences"))

    @property
    def is_prohibited(self) -> bool:
        return self.occurrences[1] == 0

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
    return whole(interval.value(end))


def _object(element: Element, inside: Attribute | None, around: Archetype) -> Object:
    is_root = element.kind == ARCHETYPE_ROOT or inside is None
    archetype = _archetype(element) if is_root else around
    node_id, given_name = element.value("node_id"), _given_name(element)
    found = Object(
        element,
        archetype,
        _place(inside, archetype.archetype_id if is_root else node_id),
        given_name,
        given_name or archetype.text(node_id) or (inside.label if inside else None),
        inside is not None and inside.is_container,
        element.kind,
        element.value("rm_type_name"),
        node_id,
    )
    found.attributes = [_attribute(each, found) for each in element.all("attributes")]
    return found


def _place(inside: Attribute | None, predicate: str) -> Place:
    if inside is None:
        return Place(None, "")
    return Place(inside.place, f"[{predicate}]" if predicate else "")


def _given_name(element: Element) -> str | None:
    """The first text that the name may have: name/value/item/list in the terms of constraints."""
    found = [each for each in element.all("attributes") if each.value("rm_attribute_name") == "name"]
    for step in ("children", "attributes", "children", "item", "list"):
        found = [child for each in found for child in each.all(step)]
    return next((each.text for each in found if each.text), None)


def _attribute(element: Element, owner: Object) -> Attribute:
    name = element.value("rm_attribute_name")
    found = Attribute(element, name, Place(owner.place, f"/{name}"), owner.label)
    found.children = [_object(each, found, owner.archetype) for each in element.all("children")]
    return found


def _archetype(element: Element) -> Archetype:
    terms: dict[str, Element] = {}
    for term in element.all("term_definitions"):
        terms.setdefault(term.attributes.get("code", ""), term)
    return Archetype(element, element.value("archetype_id", "value"), terms)


def _item(term: Element, named: str) -> str | None:
    return next((each.text for each in term.all("items") if each.attributes.get("id") == named), None)
