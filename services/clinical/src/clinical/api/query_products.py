"""`/api/clinical/v1/query-products`: which there are, what they promise, how they are stored and retired."""

import json
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Path, Query, Request, Response
from openward_contracts.page import Page
from openward_servicekit.auth import Principal, require
from openward_servicekit.openapi_answers import sends
from openward_servicekit.origin import origin_of
from openward_servicekit.routing import api_router
from pydantic import BaseModel

from clinical.api.dependencies import Exact, Paging, Services
from clinical.api.problem_schemas import PRODUCT_REFUSED
from clinical.api.query_product_schemas import ProductBody, Retirement
from clinical.api.query_product_views import Findings, FindingView, ListedProduct, ProductVersion, ProductView
from clinical.api.routes import PREFIX
from clinical.domain.permissions import READ_STORED, STORE_QUERY
from clinical.domain.query_product.errors import told
from clinical.domain.query_product.naming import LONGEST_NAME
from clinical.domain.query_product.openapi import document
from clinical.domain.query_product.schema import schema

router = api_router(PREFIX + "/query-products", tags=["query products"], dependencies=[Exact])

Author = Annotated[Principal, Depends(require(STORE_QUERY))]
DefinitionReader = Annotated[Principal, Depends(require(READ_STORED))]
ProductName = Annotated[str, Path(max_length=LONGEST_NAME, description="a slug, or namespace::slug")]
ProductVersionNumber = Annotated[str, Path(max_length=32, description="major.minor.patch")]


class ProductHistory(BaseModel):
    name: str
    versions: list[ProductVersion]


class Wanted(NamedTuple):
    """`search`: words of name, title or description. `retired`: also names of which nothing is published."""

    search: str | None
    retired: bool


async def wanted(
    search: Annotated[
        str | None, Query(max_length=200, description="words of name, title, description")
    ] = None,
    *,
    retired: Annotated[bool, Query(description="also those of which no version is published")] = False,
) -> Wanted:
    return Wanted(search, retired)


@router.get("", response_model_exclude_none=True)
async def list_query_products(
    caller: DefinitionReader,
    services: Services,
    wanted: Annotated[Wanted, Depends(wanted)],
    paging: Paging,
) -> Page[ListedProduct]:
    """The latest version of each that the caller may read, in the order of names."""
    (cursor, limit), asked = paging, ("query-products", *wanted)
    after = services.cursors.position(cursor, caller, *asked)[0] if cursor else None
    page = await services.query_products.page(caller, wanted.search, after, limit, retired=wanted.retired)
    following = services.cursors.sign([page.next], caller, *asked) if page.next else None
    return Page(items=[ListedProduct.of(each) for each in page.products], next_cursor=following)


@router.get("/openapi.json")
async def read_query_products_openapi(
    request: Request, caller: DefinitionReader, services: Services
) -> dict[str, Any]:
    """OpenAPI 3.1 with one operation for each version that the caller may read, for generators of clients."""
    products = await services.query_products.every(caller)
    return document(products, PREFIX, origin_of(request))


@router.get("/{name}", response_model_exclude_none=True)
async def read_query_product_history(
    caller: DefinitionReader, name: ProductName, services: Services
) -> ProductHistory:
    """Its versions, the latest first."""
    found = await services.query_products.history(caller, name)
    return ProductHistory(name=name, versions=[ProductVersion.of(each) for each in found])


@router.get("/{name}/{version}", response_model_exclude_none=True)
async def read_query_product(
    caller: DefinitionReader, name: ProductName, version: ProductVersionNumber, services: Services
) -> ProductView:
    return ProductView.of(await services.query_products.read(caller, name, version))


@router.put(
    "/{name}/{version}",
    response_model_exclude_none=True,
    responses=sends("Location") | sends("Location", status=201, model=ProductView) | PRODUCT_REFUSED,
)
async def store_query_product(
    caller: Author,
    name: ProductName,
    version: ProductVersionNumber,
    body: ProductBody,
    services: Services,
    response: Response,
) -> ProductView:
    """Linted, and published at once: 201. The same again is 200; another definition needs another version."""
    product, created = await services.query_products.store(caller, name, version, body.definition())
    response.status_code = 201 if created else 200
    response.headers["Location"] = f"{PREFIX}/query-products/{name}/{product.version}"
    return ProductView.of(product)


@router.post("/{name}/$lint", response_model_exclude_none=True)
async def lint_query_product(
    caller: Author, name: ProductName, body: ProductBody, services: Services
) -> Findings:
    """What storing it would find, errors and warnings; nothing is stored."""
    found = await services.query_products.lint(caller, name, body.definition())
    return Findings(findings=[FindingView.model_validate(told(each)) for each in found])


@router.post("/{name}/{version}/$retire", response_model_exclude_none=True)
async def retire_query_product(
    caller: Author,
    name: ProductName,
    version: ProductVersionNumber,
    body: Retirement,
    services: Services,
) -> ProductView:
    """From now on it is 409 `query-product-retired` to who runs it; it stays to be read."""
    return ProductView.of(await services.query_products.retire(caller, name, version, body.why))


@router.get(
    "/{name}/{version}/schema",
    response_class=Response,
    responses=sends(
        content={"application/schema+json": {"schema": {"type": "object", "additionalProperties": True}}}
    ),
)
async def read_query_product_schema(
    request: Request,
    caller: DefinitionReader,
    name: ProductName,
    version: ProductVersionNumber,
    services: Services,
) -> Response:
    """JSON Schema 2020-12 of its parameters and of a row."""
    product = await services.query_products.read(caller, name, version)
    url = f"{origin_of(request)}{PREFIX}/query-products/{name}/{product.version}/schema"
    return Response(json.dumps(schema(product, url)), media_type="application/schema+json")
