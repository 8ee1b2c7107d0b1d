"""Query products as they are run: over one patient's record, or over all that the caller may see."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request, Response
from openward_contracts.problem import PROBLEM_MEDIA_TYPE
from openward_servicekit.auth import Principal, require
from openward_servicekit.errors import NotAcceptable
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router

from clinical.api.bodies import in_body
from clinical.api.dependencies import OfPatient, Services
from clinical.api.problem_schemas import TEMPLATES_MISSING
from clinical.api.query_product_schemas import RunBody
from clinical.api.query_product_views import DryRun, ProductRows
from clinical.api.query_products import ProductName, ProductVersionNumber
from clinical.api.result_sets import Spooled
from clinical.api.routes import PREFIX, canonical
from clinical.domain.errors import CursorInvalid
from clinical.domain.permissions import RUN_STORED
from clinical.domain.query_product.model import Product
from clinical.domain.query_product.promised import RESERVED
from clinical.domain.query_product.rows import Form, printed
from clinical.domain.query_product.values import checked, from_text
from clinical.domain.record import PatientRecord
from clinical.service.clinical import Clinical
from clinical.service.query_product_runs import Asked, Rows

of_patient = api_router(PREFIX + "/patients/{patient_id}/query-products", tags=["query products"])
of_all = api_router(PREFIX + "/query-products", tags=["query products"])

#: Rows of a page of JSON, unless the caller says; of CSV and NDJSON as many as there may be.
PAGE: Final = 1000

Runner = Annotated[Principal, Depends(require(RUN_STORED))]
Cursor = Annotated[
    str | None,
    Query(max_length=4096, description="`next_cursor`, or the address in Link, of the page before"),
]
Limit = Annotated[
    int | None, Query(ge=1, le=100_000, description="rows of a page; 1000 unless CSV or NDJSON")
]
ROWS: Final[dict[int | str, dict[str, Any]]] = TEMPLATES_MISSING | sends(
    "Link",
    "Openward-Query-Product",
    "Openward-Limit-Reached",
    description="Rows by the names of the columns; other members of the address are parameters",
    model=ProductRows,
    content={Form.CSV: {"schema": {"type": "string"}}, Form.NDJSON: {"schema": {"type": "string"}}},
)


async def wanted_form(request: Request) -> Form:
    """By Accept. Raises NotAcceptable."""
    accept = (request.headers.get("accept") or "*/*").lower()
    accepted = [part.partition(";")[0].strip() for part in accept.split(",")]
    for media_type in accepted:
        if media_type in ("*/*", "application/*", Form.JSON, PROBLEM_MEDIA_TYPE):
            return Form.JSON
        if media_type in (Form.CSV, "text/*"):
            return Form.CSV
        if media_type in (Form.NDJSON, "application/ndjson", "application/jsonl"):
            return Form.NDJSON
    raise NotAcceptable(f"{', '.join(Form)}.")


Wanted = Annotated[Form, Depends(wanted_form)]


@dataclass(frozen=True)
class Called:
    """Which product, by whom, and in what form its rows are wanted."""

    request: Request
    caller: Principal
    services: Clinical
    form: Form
    product: Product


async def called_latest(
    request: Request, caller: Runner, services: Services, form: Wanted, name: ProductName
) -> Called:
    product = await services.query_product_runs.product(caller, name, None)
    return Called(request, caller, services, form, product)


async def called_version(
    request: Request,
    caller: Runner,
    services: Services,
    form: Wanted,
    name: ProductName,
    version: ProductVersionNumber,
) -> Called:
    product = await services.query_product_runs.product(caller, name, version)
    return Called(request, caller, services, form, product)


async def sent_in_address(request: Request, cursor: Cursor = None, limit: Limit = None) -> RunBody:
    """Its parameters are read when it is known what they are."""
    names = [name for name in request.query_params if name not in RESERVED]
    texts = {name: request.query_params.getlist(name) for name in names}
    return RunBody(parameters=texts, cursor=cursor, limit=limit)


Latest = Annotated[Called, Depends(called_latest)]
OfVersion = Annotated[Called, Depends(called_version)]
InAddress = Annotated[RunBody, Depends(sent_in_address)]


@of_patient.get("/{name}", response_class=Response, responses=ROWS)
async def run_query_product(called: Latest, record: OfPatient, sent: InAddress) -> Response:
    """The latest version that is published; members of the address other than these are its parameters."""
    return await _run(called, sent, record)


@of_patient.post("/{name}", response_class=Response, responses=ROWS)
async def run_query_product_by_body(called: Latest, record: OfPatient, sent: RunBody) -> Response:
    """The latest version that is published; values are in no address, and so in no log of one."""
    with in_body(CursorInvalid):
        return await _run(called, sent, record)


@of_patient.get("/{name}/{version}", response_class=Response, responses=ROWS)
async def run_query_product_version(called: OfVersion, record: OfPatient, sent: InAddress) -> Response:
    return await _run(called, sent, record)


@of_patient.post("/{name}/{version}", response_class=Response, responses=ROWS)
async def run_query_product_version_by_body(called: OfVersion, record: OfPatient, sent: RunBody) -> Response:
    with in_body(CursorInvalid):
        return await _run(called, sent, record)


@of_all.get("/{name}/{version}/rows", response_class=Response, responses=ROWS)
async def run_query_product_over_all(called: OfVersion, sent: InAddress) -> Response:
    """Over all records that the caller may see; patients see their own."""
    return await _run(called, sent)


@of_all.post("/{name}/{version}/rows", response_class=Response, responses=ROWS)
async def run_query_product_over_all_by_body(called: OfVersion, sent: RunBody) -> Response:
    """Over all records that the caller may see; patients see their own."""
    with in_body(CursorInvalid):
        return await _run(called, sent)


@of_patient.post("/{name}/{version}/$dry-run")
async def dry_run_query_product(
    called: OfVersion, record: OfPatient, sent: RunBody, response: Response
) -> DryRun:
    """What it would cost, and whether it would be refused; no row leaves."""
    response.headers.update(canonical(record))
    return await _dry_run(called, sent, record)


@of_all.post("/{name}/{version}/$dry-run")
async def dry_run_query_product_over_all(called: OfVersion, sent: RunBody) -> DryRun:
    """What it would cost, and whether it would be refused; no row leaves."""
    return await _dry_run(called, sent, None)


async def _run(called: Called, sent: RunBody, record: PatientRecord | None = None) -> Response:
    asked = _asked(called, sent, PAGE if called.form is Form.JSON else None)
    found = await called.services.query_product_runs.run(called.caller, asked, record)
    return _answer(called.request, found, called.form, canonical(record) if record else {})


async def _dry_run(called: Called, sent: RunBody, record: PatientRecord | None) -> DryRun:
    asked = _asked(called, sent, None)
    return DryRun.of(await called.services.query_product_runs.dry_run(called.caller, asked, record))


def _asked(called: Called, sent: RunBody, page: int | None) -> Asked:
    """Raises ParametersInvalid."""
    definition, given = called.product.definition, dict(sent.parameters)
    in_address = called.request.method == "GET"
    if in_address:
        declared = definition.declared
        given = {
            name: from_text(declared[name], texts) if name in declared else texts
            for name, texts in given.items()
        }
    values = checked(definition.parameters, given, _in_address if in_address else _in_body)
    return Asked(called.product, values, sent.cursor, sent.limit or page)


def _in_address(name: str) -> Mapping[str, str]:
    return {"path": name}


def _in_body(name: str) -> Mapping[str, str]:
    return {"pointer": f"/parameters/{name.replace('~', '~0').replace('/', '~1')}"}


def _answer(request: Request, found: Rows, form: Form, headers: Mapping[str, str]) -> Response:
    columns = found.product.definition.columns
    told = {"Openward-Query-Product": f"{found.product.name}/{found.product.version}"}
    told |= {"Vary": "Accept", "Cache-Control": "no-store"}
    links = [headers["Link"]] if "Link" in headers else []
    if found.next_cursor and request.method == "GET":
        address = request.url.include_query_params(cursor=found.next_cursor)
        links.append(f'<{address.path}?{address.query}>; rel="next"')
    if links:
        told["Link"] = ", ".join(links)
    if found.limit_reached:
        told["Openward-Limit-Reached"] = "true"
    body = printed(form, columns, found.shown())
    blocks = _page(body, found) if form is Form.JSON else body
    if not found.rows.is_small:
        return Spooled(blocks, found.rows, told, _media_type(form))
    try:
        return Response(b"".join(blocks), headers=told, media_type=_media_type(form))
    finally:
        found.rows.close()


def _page(items: Iterable[bytes], found: Rows) -> Iterable[bytes]:
    rest: dict[str, object] = {"limit_reached": found.limit_reached}
    if found.next_cursor:
        rest["next_cursor"] = found.next_cursor
    yield b'{"items":['
    yield from items
    yield b"]," + json.dumps(rest, separators=(",", ":")).encode()[1:]


def _media_type(form: Form) -> str:
    return f"{form}; charset=utf-8; header=present" if form is Form.CSV else form.value
