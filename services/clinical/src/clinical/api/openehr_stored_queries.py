"""Stored queries of ITS-REST's Definition API; EHRbase keeps them, and nothing here deletes them."""

import json
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request, Response
from openward_servicekit.auth import Principal, require
from openward_servicekit.errors import Unsupported

from clinical.api.asked_queries import refused
from clinical.api.dependencies import Services
from clinical.api.negotiation import JSON, WantedDocument
from clinical.api.openehr_answers import base_of, passed, passed_headers
from clinical.domain.permissions import READ_STORED, STORE_QUERY
from clinical.service.stored_queries import Definition

_TEXT: Final = "text/plain"

Author = Annotated[Principal, Depends(require(STORE_QUERY))]
DefinitionReader = Annotated[Principal, Depends(require(READ_STORED))]
Kind = Annotated[str, Query(alias="type", description="the language: AQL")]


async def openehr_list_queries(caller: DefinitionReader, services: Services) -> Response:
    return Response(await services.stored_queries.list(caller), media_type=JSON)


async def openehr_read_query(
    request: Request, caller: DefinitionReader, services: Services, accept: WantedDocument
) -> Response:
    """One version; without a version in the path the list of all."""
    name, version = request.path_params["query_name"], request.path_params.get("version")
    answer = await services.stored_queries.definition(caller, name, version, accept)
    return await passed(answer, passed_headers(answer.headers, base_of(request)))


async def openehr_store_query(
    request: Request, caller: Author, services: Services, kind: Kind = "AQL"
) -> Response:
    """As text, or as JSON with the member `q`. Without a version in the path the next major one."""
    media_type = request.headers.get("content-type", "")
    definition = Definition(_text(await request.body(), media_type), await request.body(), media_type, kind)
    name, version = request.path_params["query_name"], request.path_params.get("version")
    answer = await services.stored_queries.store(caller, name, version, definition)
    return await passed(answer, passed_headers(answer.headers, base_of(request)))


def _text(body: bytes, media_type: str) -> str:
    match media_type.partition(";")[0].strip().lower():
        case "text/plain":
            q = _decoded(body)
        case "application/json":
            q = _in_json(body)
        case _:
            raise Unsupported(f"{_TEXT} or {JSON}.")
    if not q.strip():
        raise refused("no aql query provided")
    return q


def _in_json(body: bytes) -> str:
    try:
        content: Any = json.loads(body)
    except ValueError:
        raise refused("Invalid content format") from None
    q = content.get("q") if isinstance(content, dict) else None
    return q if isinstance(q, str) else ""


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise refused("The query is not UTF-8.") from None
