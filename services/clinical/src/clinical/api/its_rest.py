"""openEHR ITS-REST by EHR id: the table of what there is. What is not in it is 404, or 405 with what is.

Served at `/openehr/v1`, and at `/ehrbase/rest/openehr/v1` for clients that build EHRbase's paths; links in
answers keep the base that the client used.
"""

import re
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from openward_servicekit.errors import Failure, Malformed, MethodNotAllowed
from openward_servicekit.routing import GuardedRoute, api_router, public
from openward_servicekit.validation import field_errors
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from clinical.api import openehr_compositions as compositions
from clinical.api import openehr_queries as queries
from clinical.api import openehr_stored_queries as definitions
from clinical.api import openehr_versions as versions
from clinical.api import openehr_writes as writes
from clinical.api.conditional import as_get, conditional
from clinical.api.direct import DIRECT
from clinical.api.header_lines import joined
from clinical.api.openehr_answers import BASES, worded
from clinical.api.openehr_reads import openehr_find_ehr, reading
from clinical.api.schemas import SystemDescription
from clinical.domain.operations import READS
from clinical.domain.permissions import UPDATE, UPDATE_STATUS
from clinical.domain.refusals import ResourceNotFound, spoken
from clinical.domain.stated import read_headers, stating

_COMPOSITIONS: Final = "/ehr/{ehr_id}/composition"
_STATUS: Final = "/ehr/{ehr_id}/ehr_status"
_DIRECTORY: Final = "/ehr/{ehr_id}/directory"
_CONTRIBUTIONS: Final = "/ehr/{ehr_id}/contribution"
_QUERY: Final = "/query/{query_name}"
_DEFINITION: Final = "/definition/query/{query_name}"
_VERSIONS: Final = ("", "/{version}")

Endpoint = Callable[..., Any]

#: Method, path, endpoint.
ROUTES: Final[tuple[tuple[str, str, Endpoint], ...]] = (
    ("GET", _COMPOSITIONS + "/{uid}", versions.openehr_read_composition),
    ("GET", "/ehr", openehr_find_ehr),
    ("POST", "/ehr", writes.openehr_create_ehr),
    ("PUT", "/ehr/{ehr_id}", writes.openehr_create_ehr_with_id),
    ("PUT", _STATUS, writes.openehr_update_ehr_status),
    ("PUT", _STATUS + "/{object_id}/tags", writes.tagging("PUT", "ehr_status", UPDATE_STATUS)),
    ("DELETE", _STATUS + "/{object_id}/tags", writes.tagging("DELETE", "ehr_status", UPDATE_STATUS)),
    ("POST", _COMPOSITIONS, compositions.openehr_create_composition),
    ("PUT", _COMPOSITIONS + "/{uid}", compositions.openehr_update_composition),
    ("DELETE", _COMPOSITIONS + "/{uid}", compositions.openehr_delete_composition),
    ("PUT", _COMPOSITIONS + "/{object_id}/tags", writes.tagging("PUT", "composition", UPDATE)),
    ("DELETE", _COMPOSITIONS + "/{object_id}/tags", writes.tagging("DELETE", "composition", UPDATE)),
    ("POST", _DIRECTORY, writes.openehr_create_directory),
    ("PUT", _DIRECTORY, writes.openehr_update_directory),
    ("DELETE", _DIRECTORY, writes.openehr_delete_directory),
    ("POST", _CONTRIBUTIONS, writes.openehr_commit_contribution),
    ("GET", "/query/aql", queries.openehr_query_by_address),
    ("POST", "/query/aql", queries.openehr_query),
    *(("GET", _QUERY + version, queries.openehr_run_stored_by_address) for version in _VERSIONS),
    *(("POST", _QUERY + version, queries.openehr_run_stored) for version in _VERSIONS),
    ("GET", "/definition/query", definitions.openehr_list_queries),
    *(("GET", _DEFINITION + version, definitions.openehr_read_query) for version in _VERSIONS),
    *(("PUT", _DEFINITION + version, definitions.openehr_store_query) for version in _VERSIONS),
    *(("GET", operation.path, reading(operation)) for operation in READS),
)
_BODIES: Final = {"POST", "PUT"}
#: Bodies are passed on as they came, so they are not modelled.
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "content": {media_type: {"schema": {}} for media_type in ("application/json", "application/xml")}
    }
}
_STATED: Final[dict[str, Any]] = {
    "parameters": [
        {"name": name, "in": "header", "schema": {"type": "string"}, "example": example}
        for name, example in (
            ("openehr-audit-details", 'description.value="wrong arm"'),
            ("openehr-version", 'lifecycle_state.code_string="553"'),
        )
    ]
}


class ResourceRoute(GuardedRoute):
    """One method of a resource: refuses in EHRbase's words, and names the other methods in Allow.

    A slash at the end changes nothing, as in EHRbase, whose own client ends collections with one.
    """

    allowed: frozenset[str] = frozenset()
    #: Does what the endpoint does, without FastAPI's resolving of its arguments.
    direct: ASGIApp | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + "/?$")

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                with stating(read_headers(request.headers.items())):
                    return await handle(request)
            except Failure as failure:
                raise worded(failure, request) from None
            except RequestValidationError as error:
                raise worded(_misread(error), request) from None

        return answer

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(as_get(scope))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        get = joined(as_get(scope))
        if self.allowed and get["method"] not in (self.methods or ()):
            allow = {"Allow": ", ".join(sorted(self.allowed))}
            if scope["method"] != "OPTIONS":
                words = spoken(f"Request method '{scope['method']}' is not supported")
                raise MethodNotAllowed(headers=allow, extensions=words)
            await Response(headers=allow)(scope, receive, send)
            return
        await (self.direct or super().handle)(get, receive, conditional(scope, send))


def routers() -> list[APIRouter]:
    return [_router(base, documented=base == BASES[0]) for base in BASES]


def _router(base: str, *, documented: bool) -> APIRouter:
    router = api_router(base, tags=["openehr"])
    router.route_class = ResourceRoute
    for method, path, endpoint in ROUTES:
        router.add_api_route(
            path,
            endpoint,
            name=endpoint.__name__ + ("_of_version" if path.endswith("/{version}") else ""),
            methods=[method],
            response_class=Response,
            include_in_schema=documented,
            openapi_extra={
                **(_BODY if method in _BODIES else {}),
                **(_STATED if method != "GET" and path.startswith("/ehr") else {}),
                **queries.TAKEN.get(endpoint, {}),
            },
        )
    for place in ("", "/"):
        router.add_api_route(
            place,
            openehr_describe,
            methods=["OPTIONS"],
            dependencies=[Depends(public)],
            include_in_schema=documented and not place,
        )
    routes = [route for route in router.routes if isinstance(route, ResourceRoute)]
    _tell_what_is_allowed(routes)
    _name_all_in_the_paths(routes)
    _answer_directly(routes)
    return router


def _answer_directly(routes: Sequence[ResourceRoute]) -> None:
    for route in routes:
        route.direct = DIRECT.get(route.endpoint)
        if route.endpoint is versions.openehr_read_composition:
            parameters = [*(route.openapi_extra or {}).get("parameters", ()), *versions.QUERY]
            route.openapi_extra = {**(route.openapi_extra or {}), "parameters": parameters}


def _name_all_in_the_paths(routes: Sequence[ResourceRoute]) -> None:
    """In the document, also what an endpoint takes from the path without naming it."""
    for route in routes:
        known = set(_named(route.dependant))
        unnamed = [name for name in route.param_convertors if name not in known]
        schema = {"type": "string"}
        parameters = [{"name": name, "in": "path", "required": True, "schema": schema} for name in unnamed]
        parameters += (route.openapi_extra or {}).get("parameters", ())
        route.openapi_extra = {**(route.openapi_extra or {}), "parameters": parameters}


def _named(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.path_params)
    for dependency in dependant.dependencies:
        yield from _named(dependency)


def _tell_what_is_allowed(routes: Sequence[ResourceRoute]) -> None:
    methods: dict[str, frozenset[str]] = {}
    for route in routes:
        resource, own = _resource(route), {*(route.methods or ()), "OPTIONS"}
        methods[resource] = methods.get(resource, frozenset()) | own | ({"HEAD"} if "GET" in own else set())
    for route in routes:
        route.allowed = methods[_resource(route)]


def _resource(route: ResourceRoute) -> str:
    return re.sub(r"\{\w+\}", "{}", route.path)


def _misread(error: RequestValidationError) -> Failure:
    """As EHRbase says it: what cannot be named is not there, anything else is a bad request."""
    if any(problem["loc"][0] == "path" for problem in error.errors()):
        return ResourceNotFound()
    return Malformed(errors=field_errors(error.errors()))


async def openehr_describe() -> SystemDescription:
    """Which system this is, and what of ITS-REST it has."""
    return SystemDescription()
