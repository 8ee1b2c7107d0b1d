"""The service's OpenAPI document: the shape of errors, the identity provider, what each operation asks."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from openward_contracts.problem import PROBLEM_MEDIA_TYPE, Problem

from openward_servicekit.problems import Rendering, rendering_of
from openward_servicekit.routing import GuardedRoute, permission_name
from openward_servicekit.settings import ServiceSettings

SECURITY_SCHEME: Final = "oidc"
_JSON: Final = "application/json"
_REF: Final = "#/components/schemas/{model}"


def describe(app: FastAPI, settings: ServiceSettings) -> None:
    """Make `app.openapi()` tell all that; it is generated once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, settings)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _document(app: FastAPI, settings: ServiceSettings) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(_problem_schemas())
    for rendering in app.state.renderings:
        components["schemas"][rendering.name] = dict(rendering.schema)
    components["securitySchemes"] = {
        SECURITY_SCHEME: {
            "type": "openIdConnect",
            "openIdConnectUrl": settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration",
        }
    }
    for route in app.routes:
        if isinstance(route, GuardedRoute) and route.include_in_schema:
            for method in route.methods or ():
                operation = document["paths"][route.path_format][method.lower()]
                _describe(operation, route, rendering_of(app, route.path))
    return document


def _describe(operation: dict[str, Any], route: GuardedRoute, rendering: Rendering | None) -> None:
    media_type = rendering.media_type if rendering else PROBLEM_MEDIA_TYPE
    model = rendering.name if rendering else Problem.__name__
    for answers in ("4XX", "5XX"):
        operation["responses"][answers] = {
            "description": model if rendering else "Problem details (RFC 9457)",
            "content": {media_type: {"schema": {"$ref": _REF.format(model=model)}}},
        }
    for status, answer in operation["responses"].items():
        # FastAPI takes a route's own model of an error for an answer like any other.
        if status >= "4" and _JSON in answer.get("content", {}):
            answer["content"][media_type] = answer["content"].pop(_JSON)
    permission = permission_name(route.dependant)
    operation["security"] = [] if permission is None else [{SECURITY_SCHEME: []}]
    if permission is not None:
        operation["x-openward-permission"] = permission


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template=_REF, mode="serialization")
    return {**schema.pop("$defs"), "Problem": schema}
