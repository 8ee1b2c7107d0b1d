"""A web template (Simplified Data Template, simSDT 2.3) as values; everything that is derived starts from it.

Source: openEHR ITS-REST, Simplified Formats; fields have the names of the JSON that EHRbase and Better give.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

#: `max` of a node that may repeat without end.
UNBOUNDED: Final = -1

InputType = Literal[
    "TEXT", "CODED_TEXT", "DECIMAL", "INTEGER", "BOOLEAN", "DATE", "TIME", "DATETIME", "DURATION"
]


@dataclass(frozen=True, slots=True)
class Range:
    """Between two bounds, of which either may be missing; numbers, or ISO 8601 text."""

    min: float | int | str | None = None
    min_op: Literal[">=", ">"] | None = None
    max: float | int | str | None = None
    max_op: Literal["<=", "<"] | None = None


@dataclass(frozen=True, slots=True)
class Validation:
    """`precision`: decimal places; `pattern`: of text (a regular expression) or of a date (`yyyy-mm-??`)."""

    precision: Range | None = None
    range: Range | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that an input takes: a code, a unit, an ordinal.

    `localized_labels` and `localized_descriptions` by language tag. `validation` holds for magnitudes in
    this unit, `current_states` are the states of an ISM transition that this careflow step belongs to.
    """

    value: str
    label: str
    localized_labels: Mapping[str, str] = field(default_factory=dict)
    localized_descriptions: Mapping[str, str] = field(default_factory=dict)
    ordinal: int | None = None
    validation: Validation | None = None
    current_states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """A field of a node; `suffix` is what stands after `|` in a FLAT path, None for the node itself.

    `list_open`: other values than those of `choices` are allowed too.
    """

    type: InputType
    suffix: str | None = None
    choices: tuple[Choice, ...] = ()
    list_open: bool | None = None
    validation: Validation | None = None
    terminology: str | None = None
    default_value: str | float | bool | None = None


@dataclass(frozen=True, slots=True)
class Cardinality:
    """How many children of a container there are in all; `ids` are the children that count."""

    min: int | None
    max: int | None
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermBinding:
    """What a node means in an external terminology."""

    value: str
    terminology_id: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the tree: its place in a FLAT path is `id`, in the reference model `aql_path`.

    `min`, `max`: occurrences within the parent (UNBOUNDED: no end). `node_id` is an archetype id, an at-code
    or None for attributes of the reference model. `in_context`: it can be given once for all as `ctx/…`.
    `is_slot`: any archetype that the template allows here; only in full trees.
    """

    id: str
    name: str
    rm_type: str
    min: int
    max: int
    aql_path: str
    localized_name: str | None = None
    node_id: str | None = None
    localized_names: Mapping[str, str] = field(default_factory=dict)
    localized_descriptions: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    term_bindings: Mapping[str, TermBinding] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    proportion_types: tuple[str, ...] = ()
    cardinalities: tuple[Cardinality, ...] = ()
    inputs: tuple[Input, ...] = ()
    in_context: bool | None = None
    children: tuple["Node", ...] = ()
    is_slot: bool = False

    def walk(self) -> Iterator["Node"]:
        """Itself and everything beneath it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def repeats(self) -> bool:
        return self.max == UNBOUNDED or self.max > 1


@dataclass(frozen=True, slots=True)
class WebTemplate:
    """`languages`: tags in the order of the document; `version` is that of the format."""

    template_id: str
    default_language: str
    languages: tuple[str, ...]
    tree: Node
    version: str = "2.3"
