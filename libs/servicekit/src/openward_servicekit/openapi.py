"""The service's OpenAPI document: the shape of errors, the identity provider, what each operation asks."""

import json
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from openward_contracts.problem import PROBLEM_MEDIA_TYPE, Problem

from openward_servicekit.openapi_answers import (
    foreseen,
    headers,
    refusal,
    sends,
    shape_event_stream,
    shape_parameters,
    unchanged,
)
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
    components["headers"] = headers()
    components["responses"] = {}
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
                _describe(operation, route)
                _describe_refusals(operation, rendering_of(app, route.path), components["responses"])
    _leave_out_unused(document, "headers")
    return _without_module_names(document)


def _without_module_names(document: dict[str, Any]) -> dict[str, Any]:
    """Models of one name have their modules in it (`a__b__intent__Kind`): clients are told `IntentKind`."""
    schemas = document["components"]["schemas"]
    short = {name: _short(name) for name in schemas if "__" in name and _short(name) not in schemas}
    for name, title in short.items():
        schemas[name]["title"] = title
    text = json.dumps(document)
    for name, title in short.items():
        text = text.replace(f'{name}"', f'{title}"')
    shortened: dict[str, Any] = json.loads(text)
    return shortened


def _short(name: str) -> str:
    module, model = name.split("__")[-2:]
    return "".join(part.capitalize() for part in module.split("_")) + model


def _leave_out_unused(document: dict[str, Any], section: str) -> None:
    text, components = json.dumps(document), document["components"]
    used = {
        name: part for name, part in components[section].items() if f'components/{section}/{name}"' in text
    }
    components[section] = used


def _describe(operation: dict[str, Any], route: GuardedRoute) -> None:
    permission = permission_name(route.dependant)
    operation["security"] = [] if permission is None else [{SECURITY_SCHEME: []}]
    if permission is not None:
        operation["x-openward-permission"] = permission
    shape_parameters(operation)
    shape_event_stream(operation)


def _describe_refusals(
    operation: dict[str, Any], rendering: Rendering | None, components: dict[str, Any]
) -> None:
    """`components`: answers that operations share; what is new is put there."""
    media_type = rendering.media_type if rendering else PROBLEM_MEDIA_TYPE
    model = rendering.name if rendering else Problem.__name__
    responses = operation["responses"]
    for status, answer in responses.items():
        # FastAPI takes a route's own model of an error for an answer like any other.
        if status >= "4" and _JSON in answer.get("content", {}):
            answer["content"][media_type] = answer["content"].pop(_JSON)
    for expected in sorted({*foreseen(operation, guarded=bool(operation["security"]))}):
        name = f"{model}{expected}"
        components.setdefault(name, refusal(expected, media_type, model))
        responses.setdefault(str(expected), {"$ref": f"#/components/responses/{name}"})
    if unchanged(operation):
        responses.setdefault("304", {"description": "Not Modified", **sends("ETag")[200]})
    for answers in ("4XX", "5XX"):
        responses[answers] = {
            "description": model if rendering else "Problem details (RFC 9457)",
            "content": {media_type: {"schema": {"$ref": _REF.format(model=model)}}},
        }


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template=_REF, mode="serialization")
    return {**schema.pop("$defs"), "Problem": schema}
