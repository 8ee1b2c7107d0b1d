"""Stored queries of ITS-REST's Definition API; EHRbase keeps them, and nothing here deletes them."""

import json
from email.message import Message
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request, Response
from openward_servicekit import strict_json
from openward_servicekit.auth import Principal, require
from openward_servicekit.body import check_content
from openward_servicekit.errors import Unsupported
from openward_servicekit.idempotency import StoredAnswer, fingerprint, idempotent, key_of
from openward_servicekit.origin import origin_of

from clinical.api.asked_queries import refused
from clinical.api.dependencies import IdempotencyKey, Services
from clinical.api.negotiation import JSON, WantedDocument
from clinical.api.openehr_answers import base_of, base_path_of, passed, passed_headers
from clinical.domain.permissions import READ_STORED, STORE_QUERY
from clinical.domain.stored_query import StoredQuery
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
    request: Request,
    caller: Author,
    services: Services,
    kind: Kind = "AQL",
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """As text, or as JSON with the member `q`. Without a version in the path the next major one."""
    name, version = request.path_params["query_name"], request.path_params.get("version")
    await services.stored_queries.may_store(caller, name)
    check_content(request, takes_json=False)
    media_type, q = _query(await request.body(), request.headers.get("content-type", ""))

    async def perform() -> StoredAnswer:
        definition = Definition(q, kind, key_of(idempotency_key))
        stored = await services.stored_queries.store(caller, name, version, definition)
        return _answer(stored, media_type, base_path_of(request))

    answer = await idempotent(
        services.idempotency,
        key=idempotency_key,
        actor=caller.sub,
        request_hash=fingerprint(request.method, name, version or "", kind, media_type, q),
        perform=perform,
        repeatable=True,
    )
    headers = dict(answer.headers)
    if "Location" in headers:
        headers["Location"] = origin_of(request) + headers["Location"]
    return Response(answer.body, answer.status, headers)


def _answer(stored: StoredQuery, media_type: str, base_path: str) -> StoredAnswer:
    """As EHRbase answers: to text with the place, to JSON with all of it."""
    if media_type == JSON:
        body = json.dumps(stored.told, ensure_ascii=False, separators=(",", ":")).encode()
        return StoredAnswer(200, {"Content-Type": JSON}, body)
    place = f"{base_path}/definition/query/{stored.name}/{stored.version}"
    return StoredAnswer(200, {"Content-Type": JSON, "Location": place}, b"")


def _query(body: bytes, content_type: str) -> tuple[str, str]:
    """The media type, and the text of the query."""
    header = Message()
    header["Content-Type"] = content_type
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in (_TEXT, JSON):
        raise Unsupported(f"{_TEXT} or {JSON}.")
    q = _in_json(body) if media_type == JSON else _decoded(body, header.get_content_charset("utf-8"))
    if not q.strip():
        raise refused("no aql query provided")
    if "\0" in q:
        raise refused("Invalid content format")
    return media_type, q


def _in_json(body: bytes) -> str:
    try:
        content: Any = strict_json.loads(body)
    except ValueError:
        raise refused("Invalid content format") from None
    q = content.get("q") if isinstance(content, dict) else None
    return q if isinstance(q, str) else ""


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset).removeprefix("\ufeff")
    except LookupError:
        raise Unsupported("The charset is not known.") from None
    except UnicodeDecodeError:
        raise refused("The query is not in its charset.") from None
