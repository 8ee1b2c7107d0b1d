"""What operations answer beside their content: headers, and refusals that follow from what is asked.

All are components of the document, so that each is said once.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import StreamingResponse

#: For a header without which the answer is 428: `Header(json_schema_extra=…)`.
DEMANDED: Final[dict[str, Any]] = {"x-openward-demanded": True}


class EventStream(StreamingResponse):
    """Server-sent events (HTML, section 9.2); the model of the route is that of their `data`."""

    media_type = "text/event-stream"


_TEXT: Final = {"type": "string"}
HEADERS: Final[Mapping[str, dict[str, Any]]] = {
    "Allow": {"description": "methods that there are", "schema": _TEXT},
    "Content-Language": {"description": "of labels, and of texts that are codes", "schema": _TEXT},
    "ETag": {"description": "of this version, for If-Match and If-None-Match", "schema": _TEXT},
    "Last-Modified": {"description": "when this version was made", "schema": _TEXT},
    "Link": {
        "description": 'rel="canonical": who the patient is now, if merged into another; rel="next": a page',
        "schema": _TEXT,
    },
    "Location": {"description": "where it can be read", "schema": _TEXT},
    "Openward-Limit-Reached": {
        "description": "when there are as many rows as the product gives out",
        "schema": {"type": "string", "const": "true"},
    },
    "Openward-Query-Product": {"description": "`name/version` that was run", "schema": _TEXT},
    "Retry-After": {"description": "seconds", "schema": {"type": "integer", "minimum": 0}},
    "WWW-Authenticate": {"description": "RFC 6750, section 3", "schema": _TEXT},
}
_OF_STATUS: Final = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"}
#: Always possible: without a database or a neighbour, or by a fault of ours.
_ALWAYS: Final = (500, 503)
_JSON: Final = "application/json"


def sends(*headers: str, status: int = 200, **more: Any) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route whose answer has these headers, of HEADERS; `more` members of the answer."""
    sent = {name: {"$ref": f"#/components/headers/{name}"} for name in headers if HEADERS[name]}
    return {status: {"headers": sent, **more}}


def headers() -> dict[str, Any]:
    return {name: {**header} for name, header in HEADERS.items()}


def foreseen(operation: Mapping[str, Any], *, guarded: bool) -> Iterator[int]:
    """Statuses that what the operation asks for makes possible; others are in its 4XX and 5XX."""
    yield from _ALWAYS
    if guarded:
        yield from (401, 403)
    parameters = operation.get("parameters", ())
    if any(parameter["in"] == "path" for parameter in parameters):
        yield 404
    sent = {parameter["name"].lower() for parameter in parameters if parameter["in"] == "header"}
    if "idempotency-key" in sent:
        yield 409
    if any(parameter["name"] == "if-match" and parameter.get("required") for parameter in parameters):
        yield from (412, 428)
    if "requestBody" in operation:
        yield from (400, 413, 422)
        if _JSON in operation["requestBody"]["content"]:
            yield 415


def shape_event_stream(operation: Mapping[str, Any]) -> None:
    """The model of a stream is that of the `data` of its events."""
    for answer in operation["responses"].values():
        stream = answer.get("content", {}).get("text/event-stream", {})
        if "$ref" in stream.get("schema", {}):
            event = {"id": _TEXT, "event": _TEXT, "data": {"$ref": stream["schema"]["$ref"]}}
            one = {"type": "object", "description": "an event", "properties": event}
            stream["schema"] = {
                "type": "string",
                "contentMediaType": "text/event-stream",
                "contentSchema": one,
            }


def unchanged(operation: Mapping[str, Any]) -> bool:
    """Whether it may answer 304."""
    return any(parameter["name"] == "if-none-match" for parameter in operation.get("parameters", ()))


def shape_parameters(operation: dict[str, Any]) -> None:
    """Of a parameter that may be left out FastAPI says that it may be null, which nobody can send."""
    for parameter in operation.get("parameters", ()):
        schema = parameter.get("schema", {})
        if schema.pop("x-openward-demanded", False):
            parameter["required"] = True
        kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
        if len(kinds) == 1:
            del schema["anyOf"]
            schema |= kinds[0]
        elif kinds:
            schema["anyOf"] = kinds


def refusal(status: int, media_type: str, model: str) -> dict[str, Any]:
    """With that body; `model` is its schema's name."""
    content = {media_type: {"schema": {"$ref": f"#/components/schemas/{model}"}}}
    answer = {"description": HTTPStatus(status).phrase, "content": content}
    name = _OF_STATUS.get(status)
    return answer | ({"headers": {name: {"$ref": f"#/components/headers/{name}"}}} if name else {})
