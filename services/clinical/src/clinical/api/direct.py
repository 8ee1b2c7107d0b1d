"""The requests that clients make most, called without FastAPI's resolving of arguments.

Each does for its endpoint what its signature says: the same dependencies, in the same order.
"""

from collections.abc import Mapping
from typing import Final

from fastapi import Request, Response
from openward_contracts.identifiers import TemplateId
from openward_servicekit.auth import Principal, require
from openward_servicekit.auth.authorizer import Requirement
from openward_servicekit.direct import DirectEndpoint, answered_directly
from openward_servicekit.errors import Failure, FieldError, Malformed
from starlette.types import ASGIApp, Receive, Scope, Send

from clinical.api import openehr_compositions as compositions
from clinical.api import openehr_queries as queries
from clinical.api import openehr_versions as versions
from clinical.api.dependencies import clinical
from clinical.api.negotiation import format_of, sent_composition, sent_preference
from clinical.api.openehr_answers import worded
from clinical.domain.permissions import CREATE, QUERY
from clinical.domain.stated import read_headers, stating


async def _create_composition(request: Request, caller: Principal) -> Response:
    services, query, headers = await clinical(request), request.query_params, request.headers
    record = await services.records.by_id(caller, versions.ehr_id_of(request))
    form, accept = query.get("format", ""), headers.get("accept", "")
    draft = await sent_composition(
        request,
        form,
        _template(query, "template_id"),
        _template(query, "templateId"),
        _template(headers, "openehr-template-id"),
        headers.get("content-type", ""),
    )
    return await compositions.openehr_create_composition(
        caller,
        record,
        draft,
        services,
        request,
        await sent_preference(headers.get("prefer", "")),
        format_of(form, accept),
        headers.get("idempotency-key"),
    )


async def _query(request: Request, caller: Principal) -> Response:
    return await queries.openehr_query(request, caller, await clinical(request))


def _template(texts: Mapping[str, str], name: str) -> TemplateId | None:
    try:
        return TemplateId(texts[name]) if name in texts else None
    except ValueError as error:
        problem = FieldError(path=name, code="value_error", detail=str(error))
        raise Malformed(errors=(problem,)) from None


def _directly(requirement: Requirement, endpoint: DirectEndpoint) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            with stating(read_headers(request.headers.items())):
                response = await answered_directly(request, requirement, endpoint)
        except Failure as failure:
            raise worded(failure, request) from None
        await response(scope, receive, send)

    return app


#: By the endpoint that it does the work of.
DIRECT: Final = {
    versions.openehr_read_composition: _directly(versions.MAY_READ, versions.openehr_read_composition),
    compositions.openehr_create_composition: _directly(require(CREATE), _create_composition),
    queries.openehr_query: _directly(require(QUERY), _query),
}
