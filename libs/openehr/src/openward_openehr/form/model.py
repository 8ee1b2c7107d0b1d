"""A form as values: flat lists of sections, fields, choices between types, and what is given once for all.

Texts are by language tag and hold every language of the form: where the template does not translate a node,
they hold what it says in its default language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from openward_openehr.web_template.model import InputType, Range

Texts = Mapping[str, str]

Widget = Literal[
    "checkbox",
    "combobox",  # a list that takes other values too, or codes that the template does not list
    "date",
    "datetime",
    "duration",
    "identifier",
    "integer",
    "interval",
    "multimedia",
    "number",
    "ordinal",
    "party",
    "proportion",
    "quantity",
    "radio",
    "select",
    "text",
    "textarea",
    "time",
    "uri",
]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A place that may be filled several times: the section, choice or field with this path.

    `max` is None where there is no end.
    """

    path: str
    min: int
    max: int | None


@dataclass(frozen=True, slots=True)
class Option:
    """A value that can be chosen.

    `range` and `precision` hold for magnitudes in this unit; `states`: what a careflow step leads to.
    """

    value: str
    labels: Texts
    help: Texts = field(default_factory=dict)
    ordinal: int | None = None
    range: Range | None = None
    precision: Range | None = None
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A box of a field: what is typed is the value of `path`, with its indexes put in.

    `required`: the field is not complete without it, unless one that stands `instead_of` it is filled (free
    text instead of a code). `fixed`: always this value, nothing to ask for.
    `pattern`: a regular expression, or for dates and times the parts that are needed (`yyyy-mm-??`).
    """

    path: str
    type: InputType
    suffix: str | None = None
    required: bool = True
    options: tuple[Option, ...] = ()
    open: bool = False
    terminology: str | None = None
    range: Range | None = None
    precision: Range | None = None
    pattern: str | None = None
    default: str | float | bool | None = None
    fixed: str | float | bool | None = None
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A value of the reference model.

    `path` is its FLAT path without indexes, and names it; in `indexed_path` stands `:{n}` where the number
    (from 0) of `repeats[n]` goes. `required`: every composition has it. `required_when`: the path of what it
    must accompany, once anything in there is filled. `choice`: it is an alternative of that choice.
    `fields`: the bounds of an interval, the media type of a multimedia value. `ctx`: keys (`ctx/…`) that give
    it for the whole composition. `writable`: EHRbase takes its path; if not, only `ctx` or EHRbase gives it.
    """

    path: str
    indexed_path: str
    aql_path: str
    section: str
    depth: int
    rm_type: str
    widget: Widget
    labels: Texts
    help: Texts
    min: int
    max: int | None
    required: bool
    required_when: str | None
    repeats: tuple[Repeat, ...]
    entries: tuple[Entry, ...]
    fields: tuple["Field", ...] = ()
    choice: str | None = None
    ctx: tuple[str, ...] = ()
    writable: bool = True
    comment: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    bindings: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    """How many of these (paths of fields, choices, sections) are filled in all."""

    min: int | None
    max: int | None
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A container; `parent` is the path of the one that it stands in, None for the composition.

    `required` (or `required_when`): something in it has to be filled, even where no field of it is required.
    `archetype`: archetype id or at-code. `attributes`: what FLAT takes below its path, beside the fields
    (`_end_time`, `_work_flow_id`, …).
    """

    path: str
    indexed_path: str
    aql_path: str
    parent: str | None
    depth: int
    rm_type: str
    labels: Texts
    help: Texts
    min: int
    max: int | None
    required: bool
    required_when: str | None
    repeats: tuple[Repeat, ...]
    archetype: str | None = None
    totals: tuple[Total, ...] = ()
    attributes: tuple[str, ...] = ()
    comment: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    bindings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that may be of several types: `fields` are the paths of the alternatives."""

    path: str
    indexed_path: str
    aql_path: str
    section: str
    depth: int
    labels: Texts
    help: Texts
    min: int
    max: int | None
    required: bool
    required_when: str | None
    repeats: tuple[Repeat, ...]
    fields: tuple[str, ...]
    comment: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    bindings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form:
    """Everything in the order of the template; `context` is given once by `ctx/…` or filled by EHRbase."""

    template_id: str
    default_language: str
    languages: tuple[str, ...]
    sections: tuple[Section, ...]
    fields: tuple[Field, ...]
    choices: tuple[Choice, ...]
    context: tuple[Field, ...]
