"""What a query product promises: what it takes, what it answers, to whom, and at what cost at most."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from openward_servicekit.auth import Permission, Role

from clinical.domain.permissions import RUN_STORED
from clinical.domain.query_product.naming import Version, stored_name
from clinical.domain.querying import Demand, Right

#: Stands for the EHRs of the patient in the text of a product over one record; nobody declares it.
EHR_PARAMETER: Final = "ehr_id"


class Reach(StrEnum):
    """Over what a product runs: one patient's record, or all that the caller may see."""

    PATIENT = "patient"
    POPULATION = "population"


class Concurrency(StrEnum):
    """Which places at EHRbase it takes: those of who waits before a screen, or of reports."""

    INTERACTIVE = "interactive"
    REPORT = "report"


class Kind(StrEnum):
    """Of a parameter's values, or of a column's."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    DATE_TIME = "date-time"
    DURATION = "duration"
    UUID = "uuid"
    VERSION_UID = "version-uid"
    OBJECT = "object"
    """Of columns only: canonical JSON of what a path leads to."""


NUMERIC: Final = frozenset({Kind.INTEGER, Kind.NUMBER})

Plain = str | int | float | bool
#: One of a parameter, or those of one with `many`.
Value = Plain | tuple[Plain, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """`$name` in the text. `minimum`, `maximum` are inclusive; `many` takes a list, for MATCHES alone.

    What is not `required` has a `default`. `example` is tried in its place when the product is stored.
    """

    name: str
    kind: Kind
    description: str
    required: bool = True
    default: Value | None = None
    unit: str | None = None
    pattern: str | None = None
    minimum: Plain | None = None
    maximum: Plain | None = None
    enum: tuple[Plain, ...] = ()
    many: bool = False
    example: Value | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """In the order of SELECT; `name` is the alias there."""

    name: str
    kind: Kind
    description: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """`rows` on all pages together; `seconds` until an answer is here."""

    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Definition:
    """`templates`: those without which it finds nothing, beside those that its text names."""

    title: str
    description: str
    owner: str
    aql: str
    reach: Reach
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    roles: frozenset[Role]
    limits: Limits
    concurrency: Concurrency = Concurrency.INTERACTIVE
    templates: tuple[str, ...] = ()

    @property
    def demand(self) -> Demand:
        """Of EHRbase, while it runs."""
        return Demand(self.limits.seconds, self.concurrency is Concurrency.REPORT)

    @property
    def declared(self) -> Mapping[str, Parameter]:
        return {parameter.name: parameter for parameter in self.parameters}


class State(StrEnum):
    """`pending`: not yet in EHRbase; nobody sees it."""

    PENDING = "pending"
    PUBLISHED = "published"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Finding:
    """Of lint: a rule, and where; `pointer` into the body, `line` and `column` of `/aql` where it is there.

    A `warning` is told and kept; anything else is a reason to refuse the product.
    """

    code: str
    detail: str
    pointer: str = "/aql"
    line: int | None = None
    column: int | None = None
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """`templates`: those that it needs, by its text and its definition."""

    name: str
    version: Version
    definition: Definition
    templates: tuple[str, ...]
    findings: tuple[Finding, ...]
    stored_by: str
    stored_at: datetime
    state: State = State.PENDING
    retired_by: str | None = None
    retired_at: datetime | None = None
    why: str | None = None
    missing: tuple[str, ...] = field(default=(), compare=False)
    """Of its templates, those that are retired or gone; looked up when it is shown."""

    @property
    def stored_name(self) -> str:
        return stored_name(self.name)

    @property
    def permission(self) -> Permission:
        """To run it: its roles, and `aql-<name>.s`."""
        roles = self.definition.roles
        return Permission("query_product.run", roles, RUN_STORED.kind, RUN_STORED.perm)

    @property
    def right(self) -> Right:
        return Right(self.permission, self.name)
