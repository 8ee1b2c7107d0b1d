"""Query products as they are told."""

from datetime import datetime
from typing import Any, Self

from openward_servicekit.auth import Role
from pydantic import BaseModel, Field

from clinical.api.query_product_schemas import ProductBody
from clinical.domain.query_product.cost import Cost, Estimate
from clinical.domain.query_product.errors import told
from clinical.domain.query_product.model import Concurrency, Product, Reach, State
from clinical.domain.query_product.paging import keys
from clinical.domain.query_product.parsing import parsed


class FindingView(BaseModel):
    """Of lint; `line` and `column` of the text, from 1."""

    severity: str
    code: str
    detail: str
    pointer: str
    line: int | None = None
    column: int | None = None


class ProductRows(BaseModel):
    """A page; each row has a member for each column of the product."""

    items: list[dict[str, Any]]
    next_cursor: str | None = Field(default=None, description="absent on the last page")
    limit_reached: bool = Field(description="there are as many rows as the product gives out")


class Findings(BaseModel):
    findings: list[FindingView]


class ListedProduct(BaseModel):
    """The latest version of a name; `templates_missing`: retired or gone, without which it does not run."""

    name: str
    version: str
    title: str
    description: str
    owner: str
    scope: Reach
    roles: list[Role]
    concurrency: Concurrency
    state: State
    templates_missing: list[str] | None = None

    @classmethod
    def of(cls, product: Product) -> Self:
        definition = product.definition
        return cls(
            name=product.name,
            version=str(product.version),
            title=definition.title,
            description=definition.description,
            owner=definition.owner,
            scope=definition.reach,
            roles=sorted(definition.roles),
            concurrency=definition.concurrency,
            state=product.state,
            templates_missing=list(product.missing) or None,
        )


class ProductVersion(BaseModel):
    """Of a history."""

    version: str
    state: State
    title: str
    stored_by: str
    stored_at: datetime
    retired_by: str | None = None
    retired_at: datetime | None = None
    why: str | None = None
    templates_missing: list[str] | None = None

    @classmethod
    def of(cls, product: Product) -> Self:
        return cls(title=product.definition.title, **_stored(product))


class ProductView(ProductBody):
    """A version as it was stored; `stored_as`: the name of EHRbase's stored query."""

    name: str
    version: str
    state: State
    stored_as: str
    stored_by: str
    stored_at: datetime
    retired_by: str | None = None
    retired_at: datetime | None = None
    why: str | None = None
    templates_missing: list[str] | None = None
    paging: str
    findings: list[FindingView]

    @classmethod
    def of(cls, product: Product) -> Self:
        return cls(
            **ProductBody.said_of(product.definition),
            **_stored(product),
            name=product.name,
            stored_as=product.stored_name,
            paging="keyset" if keys(parsed(product.definition.aql)).seekable else "offset",
            findings=[FindingView.model_validate(told(each)) for each in product.findings],
        )


class DryRun(BaseModel):
    """No row leaves. `compositions`: among which it looks; `whole`: at all of them, whatever LIMIT says."""

    cost: Cost
    scope: Reach
    compositions: int
    contains_depth: int
    rows: int
    whole: bool
    paging: str

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        return cls(
            cost=estimate.cost,
            scope=estimate.reach,
            compositions=estimate.compositions,
            contains_depth=estimate.depth,
            rows=estimate.rows,
            whole=estimate.whole,
            paging=estimate.paging,
        )


def _stored(product: Product) -> dict[str, Any]:
    return {
        "version": str(product.version),
        "state": product.state,
        "stored_by": product.stored_by,
        "stored_at": product.stored_at,
        "retired_by": product.retired_by,
        "retired_at": product.retired_at,
        "why": product.why,
        "templates_missing": list(product.missing) or None,
    }
