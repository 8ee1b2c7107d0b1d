"""An operational template as values: the constraints of AOM 1.4 that templates use.

Source: openEHR AOM 1.4 and Template.xsd. `line` is that of the element in the XML, from 1.
Intervals of occurrences, existence and cardinality are `min` and `max` (UNBOUNDED: no end).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

UNBOUNDED: Final = -1

#: Code, or language tag, and what is said of it.
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Interval:
    """`lower`, `upper`: numbers or ISO 8601 text; None where the interval has no end."""

    lower: float | int | str | None
    upper: float | int | str | None
    lower_included: bool = True
    upper_included: bool = True
    line: int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """`others`: what is neither text nor description, such as a comment. None: it is not there."""

    code: str
    text: str | None
    description: str | None
    others: Texts
    line: int


@dataclass(frozen=True, slots=True)
class Binding:
    """What a code or path of an archetype means in an external terminology."""

    terminology: str
    code: str
    target_terminology: str
    target_code: str
    line: int


@dataclass(frozen=True, slots=True)
class Cardinality:
    """How many children a container has; `min` is None where the template does not say."""

    min: int | None
    max: int
    is_ordered: bool
    is_unique: bool


@dataclass(frozen=True, slots=True)
class Attribute:
    """`existence_min` 0: the attribute may be absent. `cardinality` only of containers, and not of each."""

    name: str
    multiple: bool
    existence_min: int
    existence_max: int
    children: tuple["Constraint", ...]
    cardinality: Cardinality | None
    line: int


@dataclass(frozen=True, slots=True)
class Constraint:
    """Of an object; as such: of a kind that is not known. `kind` is its xsi:type."""

    kind: str
    rm_type: str
    node_id: str
    min: int
    max: int
    line: int

    def walk(self) -> Iterator["Constraint"]:
        """Itself and everything beneath it, parents first."""
        yield self


@dataclass(frozen=True, slots=True)
class ComplexObject(Constraint):
    attributes: tuple[Attribute, ...] = ()

    def walk(self) -> Iterator[Constraint]:
        yield self
        for attribute in self.attributes:
            for child in attribute.children:
                yield from child.walk()


@dataclass(frozen=True, slots=True)
class ArchetypeRoot(ComplexObject):
    """`terms` by code, in the template's language."""

    archetype_id: str = ""
    terms: Mapping[str, Term] = field(default_factory=dict)
    bindings: tuple[Binding, ...] = ()


@dataclass(frozen=True, slots=True)
class ArchetypeSlot(Constraint):
    """`includes`, `excludes`: assertions on archetype ids, as text."""

    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Primitive:
    """`type`: C_STRING, C_INTEGER, …; `values`: the only ones allowed, unless `list_open`.

    `true_valid`, `false_valid`: of C_BOOLEAN.
    """

    type: str
    pattern: str | None = None
    values: tuple[str, ...] = ()
    list_open: bool = False
    range: Interval | None = None
    true_valid: bool = False
    false_valid: bool = False
    assumed: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class PrimitiveObject(Constraint):
    item: Primitive | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """One of a terminology."""

    terminology: str
    code: str


@dataclass(frozen=True, slots=True)
class Unit:
    """`precision`: decimal places."""

    units: str
    magnitude: Interval | None
    precision: Interval | None
    line: int


@dataclass(frozen=True, slots=True)
class QuantityObject(Constraint):
    property: Code | None = None
    units: tuple[Unit, ...] = ()
    assumed_magnitude: float | None = None
    assumed_units: str | None = None


@dataclass(frozen=True, slots=True)
class Ordinal:
    """`value`: a whole number for DV_ORDINAL, any for DV_SCALE."""

    value: float
    symbol: Code
    line: int


@dataclass(frozen=True, slots=True)
class OrdinalObject(Constraint):
    """DV_ORDINAL or DV_SCALE."""

    values: tuple[Ordinal, ...] = ()
    assumed_code: str | None = None


@dataclass(frozen=True, slots=True)
class CodeObject(Constraint):
    """Of a CODE_PHRASE: one of `codes`, or any of a terminology, or of `reference_set` (a URI)."""

    terminology: str | None = None
    codes: tuple[str, ...] = ()
    reference_set: str | None = None
    assumed_code: str | None = None


@dataclass(frozen=True, slots=True)
class StateObject(Constraint):
    """DV_STATE: `states` are the names of the states of its machine."""

    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference(Constraint):
    """ARCHETYPE_INTERNAL_REF (`target`: a path) or CONSTRAINT_REF (`target`: an ac-code)."""

    target: str = ""


@dataclass(frozen=True, slots=True)
class Annotation:
    path: str
    items: Texts
    line: int


@dataclass(frozen=True, slots=True)
class Default:
    """What the template proposes for a field: `path` is that of the data value, `field` its attribute."""

    path: str
    field: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Detail:
    """What the description says in one language."""

    language: str
    purpose: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Description:
    lifecycle_state: str | None
    author: Texts
    details: tuple[Detail, ...]
    other_details: Texts
    line: int


@dataclass(frozen=True, slots=True)
class Opt:
    """`ontologies`: by archetype id, language, code; they add to the terms of the archetype roots."""

    template_id: str
    concept: str | None
    language: str
    uid: str | None
    description: Description | None
    definition: ArchetypeRoot
    ontologies: Mapping[str, Mapping[str, Mapping[str, Term]]]
    annotations: tuple[Annotation, ...]
    defaults: tuple[Default, ...]
    line: int

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of the description, in the order of the document."""
        return tuple(detail.language for detail in self.description.details) if self.description else ()
