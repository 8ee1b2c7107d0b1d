"""What JSON Schema, Python and TypeScript are written from: objects that simplified compositions consist of.

A `Record` is what stands at one place: an object, or a `bare` value in place of it. Records of the reference
model are shared and known by name; records of the template narrow one of them or hold fields of their own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from openward_openehr.simplified import Kind

#: `key` of the value itself beside suffixes: `{"": "2020-01-01", "_accuracy": …}`.
ITSELF: Final = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A value that may be given, and what it means to people."""

    value: str | int
    title: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Of numbers; None where there is no bound."""

    minimum: float | int | None = None
    maximum: float | int | None = None
    above: float | int | None = None
    below: float | int | None = None

    def __bool__(self) -> bool:
        return any(bound is not None for bound in (self.minimum, self.maximum, self.above, self.below))


UNLIMITED: Final = Limits()


@dataclass(frozen=True, slots=True)
class Scalar:
    """`codes`: nothing else is taken if `closed`; `pattern`: a regular expression for the whole text.

    `code_set`: the codes are all of a set of openEHR's, which is written once.
    """

    kind: Kind
    codes: tuple[Code, ...] = ()
    closed: bool = True
    limits: Limits = UNLIMITED
    pattern: str | None = None
    code_set: str | None = None


@dataclass(frozen=True, slots=True)
class UnitLimits:
    """What holds for a quantity in this unit."""

    unit: str
    magnitude: Limits = UNLIMITED
    precision: Limits = UNLIMITED


@dataclass(frozen=True, slots=True)
class Field:
    """`of` is a value, a record, or the name of a shared one. Records stand in lists of `least` to `most`.

    `most` None: no end. `required` where EHRbase fills in nothing of its own; `only_read`: EHRbase gives
    it and refuses to be given it; `alone`: its record stands there itself, not in a list.
    """

    key: str
    of: "Scalar | Record | str"
    least: int = 1
    most: int | None = 1
    required: bool = False
    only_read: bool = False
    alone: bool = False

    @property
    def is_list(self) -> bool:
        return self.repeats or not (isinstance(self.of, Scalar) or self.alone)

    @property
    def repeats(self) -> bool:
        return self.most != 1


@dataclass(frozen=True, slots=True)
class About:
    """What is told of a record: `aql_path` and `node_id` are those of the web template."""

    title: str
    description: str = ""
    aql_path: str = ""
    node_id: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """`base` names the shared record that this one narrows: fields here replace those of the base.

    `needs`: of each set one key at least is there, or the bare value; `ways`: of one of the sets all are.
    `together`: where one of the first keys is, all of the second are. `labels`: what may be given as `|value`
    where no code is given.
    """

    name: str
    about: About | None = None
    base: str | None = None
    bare: Scalar | None = None
    fields: tuple[Field, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    ways: tuple[tuple[str, ...], ...] = ()
    together: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    labels: tuple[str, ...] = ()
    units: tuple[UnitLimits, ...] = ()

    def walk(self) -> Iterator["Record"]:
        """Itself and the records of the template beneath it, outer ones first."""
        yield self
        for each in self.fields:
            if isinstance(each.of, Record):
                yield from each.of.walk()


@dataclass(frozen=True, slots=True)
class Model:
    """A template's composition: `root` beneath the key `root_key`, `ctx` beside it.

    `shared`: every record of the reference model that root, context or shared records name.
    `given_once`: of the root's keys those that are required unless one of these is in `ctx`.
    """

    template_id: str
    language: str
    title: str
    root_key: str
    root: Record
    context: Record
    shared: Mapping[str, Record] = field(default_factory=dict)
    given_once: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def scalars(self) -> Iterator[Scalar]:
        """Every kind of value in any of the records."""
        for shared in (*self.shared.values(), self.root, self.context):
            for record in shared.walk():
                yield from (each.of for each in record.fields if isinstance(each.of, Scalar))
