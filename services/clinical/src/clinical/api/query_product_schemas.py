"""Query products as authors and callers send them."""

from typing import Annotated, Any

from openward_servicekit.auth import Role
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from clinical.domain.query_product.model import (
    Column,
    Concurrency,
    Definition,
    Kind,
    Limits,
    Parameter,
    Plain,
    Reach,
    Value,
)

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$")]
Said = Annotated[str, Field(min_length=1, max_length=2000)]
Unit = Annotated[str, Field(min_length=1, max_length=64)]
One = StrictBool | StrictInt | StrictFloat | Annotated[StrictStr, Field(max_length=1000)]
OneOrMany = One | Annotated[list[One], Field(min_length=1, max_length=100)]
#: Who may be let run one: others have no scope that would reach it.
Runner = Annotated[Role, Field(json_schema_extra={"enum": ["clinician", "patient", "service"]})]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ParameterBody(_Strict):
    """`$name` in the text. `many`: a list, for MATCHES {$name}. What is not `required` has a `default`."""

    name: Name
    type: Kind
    description: Said
    required: bool = True
    default: OneOrMany | None = None
    unit: Unit | None = None
    pattern: Annotated[str, Field(max_length=200)] | None = None
    minimum: One | None = None
    maximum: One | None = None
    enum: Annotated[list[One], Field(max_length=200)] = []
    many: bool = False
    example: OneOrMany | None = None

    def parameter(self) -> Parameter:
        return Parameter(
            self.name,
            self.type,
            self.description,
            required=self.required,
            default=_value(self.default),
            unit=self.unit,
            pattern=self.pattern,
            minimum=self.minimum,
            maximum=self.maximum,
            enum=tuple(self.enum),
            many=self.many,
            example=_value(self.example),
        )


class ColumnBody(_Strict):
    """In the order of SELECT; `name` is the alias there."""

    name: Name
    type: Kind
    description: Said
    unit: Unit | None = None


class LimitsBody(_Strict):
    """`rows` on all pages together."""

    rows: Annotated[int, Field(ge=1)]
    seconds: Annotated[float, Field(gt=0)] = 10.0


class ProductBody(_Strict):
    """What a version of a query product promises."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    description: Said
    owner: Annotated[str, Field(min_length=1, max_length=200, description="who answers for it")]
    aql: Annotated[str, Field(min_length=1, max_length=64 * 1024)]
    scope: Reach
    parameters: Annotated[list[ParameterBody], Field(max_length=50)] = []
    columns: Annotated[list[ColumnBody], Field(min_length=1, max_length=200)]
    roles: Annotated[list[Runner], Field(min_length=1, max_length=3)] = [Role.CLINICIAN]
    limits: LimitsBody
    concurrency: Concurrency = Concurrency.INTERACTIVE
    templates: Annotated[list[Annotated[str, Field(max_length=256)]], Field(max_length=50)] = []

    def definition(self) -> Definition:
        return Definition(
            title=self.title,
            description=self.description,
            owner=self.owner,
            aql=self.aql,
            reach=self.scope,
            parameters=tuple(each.parameter() for each in self.parameters),
            columns=tuple(Column(c.name, c.type, c.description, c.unit) for c in self.columns),
            roles=frozenset(self.roles),
            limits=Limits(self.limits.rows, self.limits.seconds),
            concurrency=self.concurrency,
            templates=tuple(self.templates),
        )

    @classmethod
    def said_of(cls, definition: Definition) -> dict[str, Any]:
        """Its members, by name."""
        return {
            "title": definition.title,
            "description": definition.description,
            "owner": definition.owner,
            "aql": definition.aql,
            "scope": definition.reach,
            "parameters": [_parameter(each) for each in definition.parameters],
            "columns": [
                ColumnBody(name=c.name, type=c.kind, description=c.description, unit=c.unit)
                for c in definition.columns
            ],
            "roles": sorted(definition.roles),
            "limits": LimitsBody(rows=definition.limits.rows, seconds=definition.limits.seconds),
            "concurrency": definition.concurrency,
            "templates": list(definition.templates),
        }


class Retirement(_Strict):
    why: Said


class RunBody(_Strict):
    """Values by the names of parameters; `cursor` and `limit` as in the address."""

    parameters: Annotated[dict[str, Any], Field(max_length=200)] = {}
    cursor: Annotated[str, Field(max_length=4096)] | None = None
    limit: Annotated[int, Field(ge=1)] | None = None


def _parameter(parameter: Parameter) -> ParameterBody:
    return ParameterBody(
        name=parameter.name,
        type=parameter.kind,
        description=parameter.description,
        required=parameter.required,
        default=_listed(parameter.default),
        unit=parameter.unit,
        pattern=parameter.pattern,
        minimum=parameter.minimum,
        maximum=parameter.maximum,
        enum=list(parameter.enum),
        many=parameter.many,
        example=_listed(parameter.example),
    )


def _value(value: list[Plain] | Plain | None) -> Value | None:
    return tuple(value) if isinstance(value, list) else value


def _listed(value: Value | None) -> list[Plain] | Plain | None:
    return list(value) if isinstance(value, tuple) else value
