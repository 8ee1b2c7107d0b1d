"""The Query API of ITS-REST: ad hoc and stored, over one EHR or all that the caller may see."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response
from openward_servicekit.auth import Principal, require

from clinical.api.asked_queries import (
    bound_record,
    expect_json_wanted,
    query_in_address,
    query_in_body,
    whole_query_in_address,
    whole_query_in_body,
)
from clinical.api.dependencies import Asker, Services
from clinical.api.openehr_answers import base_of
from clinical.api.result_sets import shown
from clinical.domain.permissions import RUN_STORED
from clinical.domain.querying import Query
from clinical.service.clinical import Clinical

NamedRunner = Annotated[Principal, Depends(require(RUN_STORED))]


async def openehr_query_by_address(request: Request, caller: Asker, services: Services) -> Response:
    """Values of `$name` may be given by their names."""
    href = f"{base_of(request)}/query/aql"
    return await _run(request, caller, services, whole_query_in_address(request), href)


async def openehr_query(request: Request, caller: Asker, services: Services) -> Response:
    """AQL over the EHR of `ehr_id` or that it names itself, or over all that the caller may see."""
    return await _run(request, caller, services, await whole_query_in_body(request))


async def openehr_run_stored_by_address(
    request: Request, caller: NamedRunner, services: Services
) -> Response:
    """The latest version, or the one that is named: all of it, its beginning, or LATEST."""
    path = request.scope["path"].partition("/query/")[2].rstrip("/")
    href = f"{base_of(request)}/query/{path}"
    return await _run_stored(request, caller, services, query_in_address(request), href)


async def openehr_run_stored(request: Request, caller: NamedRunner, services: Services) -> Response:
    """The latest version, or the one that is named: all of it, its beginning, or LATEST."""
    return await _run_stored(request, caller, services, await query_in_body(request))


async def _run(
    request: Request, caller: Principal, services: Clinical, query: Query, href: str | None = None
) -> Response:
    expect_json_wanted(request)
    record = await bound_record(request, caller, services.records)
    found = await services.queries.run(caller, query, record=record)
    return shown(found, services.queries.limits, href=href)


async def _run_stored(
    request: Request, caller: Principal, services: Clinical, query: Query, href: str | None = None
) -> Response:
    expect_json_wanted(request)
    record = await bound_record(request, caller, services.records)
    name, version = request.path_params["query_name"], request.path_params.get("version")
    stored, found = await services.stored_queries.run(caller, name, version, query, record)
    return shown(found, services.queries.limits, name=f"{stored.name}/{stored.version}", href=href)


def _parameter(name: str, kind: str, description: str, place: str = "query") -> dict[str, Any]:
    return {"name": name, "in": place, "description": description, "schema": {"type": kind}}


_BOUND: Final = [
    _parameter("ehr_id", "string", "the one EHR of the query, also the value of `$ehr_id`"),
    _parameter("openehr-ehr-id", "string", "the one EHR of the query", "header"),
]
_PAGE: Final = [
    _parameter("fetch", "integer", "how many rows"),
    _parameter("offset", "integer", "how many rows to leave out first; with `fetch` only"),
    _parameter("query_parameters", "string", "`<name>=<value>&…`, as EHRbase takes values of `$name`"),
]
_Q: Final = _parameter("q", "string", "AQL") | {"required": True}
_ASKED: Final = {
    "q": {"type": "string", "description": "AQL; not of a stored query"},
    "query_parameters": {"type": "object", "description": "values of `$name`"},
    "fetch": {"type": "integer"},
    "offset": {"type": "integer"},
}
_BODY: Final = {
    "requestBody": {
        "content": {"application/json": {"schema": {"type": "object", "properties": _ASKED}}},
    }
}
#: What the endpoints take, for the document.
TAKEN: Final[Mapping[object, Mapping[str, Any]]] = {
    openehr_query_by_address: {"parameters": [_Q, *_PAGE, *_BOUND]},
    openehr_run_stored_by_address: {"parameters": [*_PAGE, *_BOUND]},
    openehr_query: {"parameters": _BOUND, **_BODY},
    openehr_run_stored: {"parameters": _BOUND, **_BODY},
}
