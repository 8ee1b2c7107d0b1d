"""What the gateway serves itself: the API reference, its documents, discovery and its own health."""

import json
from typing import Any, Final, NamedTuple

from openward_cli.discovery import smart_configuration
from openward_cli.gateway.edge import Edge

_FILTERS: Final = "type.googleapis.com/envoy.extensions.filters.http"
#: A route that needs no token.
PUBLIC: Final = {
    "envoy.filters.http.jwt_authn": {"@type": f"{_FILTERS}.jwt_authn.v3.PerRouteConfig", "disabled": True}
}
#: A route whose request body is not held.
STREAM: Final = {
    "envoy.filters.http.buffer": {"@type": f"{_FILTERS}.buffer.v3.BufferPerRoute", "disabled": True}
}
#: A route that the gateway answers without looking at token or body.
OWN_ANSWER: Final = PUBLIC | STREAM
#: The reference calls this origin alone, so that a request tried out there, and its token, goes nowhere else.
_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_READS: Final = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}
_JSON: Final = "application/json"
#: Not "text/javascript": Envoy compresses only the older name.
_SCRIPT: Final = "application/javascript; charset=utf-8"


class _Page(NamedTuple):
    name: str
    path: str
    media_type: str
    body: dict[str, str]
    age: str = "max-age=300"


def routes(edge: Edge) -> list[dict[str, Any]]:
    return [_route(page) for page in _pages(edge)]


def _pages(edge: Edge) -> list[_Page]:
    files = edge.pages
    documents = [
        _Page("document", f"/{name}", _JSON, _file(files.documents / name), "no-cache")
        for name in files.names
    ]
    smart = json.dumps(smart_configuration(edge.public_url, edge.provider))
    return [
        _Page("healthz", "/healthz", _JSON, {"inline_string": '{"status":"ok"}'}, "no-store"),
        _Page("discovery", "/.well-known/smart-configuration", _JSON, {"inline_string": smart}, "no-cache"),
        *documents,
        _Page("reference", "/docs", "text/html; charset=utf-8", _file(files.reference / "index.html")),
        _Page("reference", "/docs/start.js", _SCRIPT, _file(files.reference / "start.js")),
        _Page(
            "reference", "/docs/swagger-ui-bundle.js", _SCRIPT, _file(files.swagger / "swagger-ui-bundle.js")
        ),
        _Page(
            "reference",
            "/docs/swagger-ui.css",
            "text/css; charset=utf-8",
            _file(files.swagger / "swagger-ui.css"),
        ),
        _Page(
            "reference", "/docs/favicon-32x32.png", "image/png", _file(files.swagger / "favicon-32x32.png")
        ),
    ]


def _file(path: Any) -> dict[str, str]:
    return {"filename": str(path)}


def _route(page: _Page) -> dict[str, Any]:
    headers = {"content-type": page.media_type, "cache-control": page.age, "content-security-policy": _POLICY}
    return {
        "name": page.name,
        "match": {"path": page.path, "headers": [_READS]},
        "direct_response": {"status": 200, "body": page.body},
        "response_headers_to_add": [_set(name, value) for name, value in headers.items()],
        "typed_per_filter_config": OWN_ANSWER,
    }


def _set(name: str, value: str) -> dict[str, Any]:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
