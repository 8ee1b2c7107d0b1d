"""How FHIR requests want to be answered, and how they are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Response

from openward_servicekit.fhir.media import MEDIA_TYPE, MediaType

BUNDLE_SCHEMA: Final = {
    "type": "object",
    "description": "http://hl7.org/fhir/R4/bundle.html",
    "required": ["resourceType", "type"],
    "properties": {
        "resourceType": {"const": "Bundle"},
        "type": {"type": "string", "enum": ["searchset", "history"]},
        "total": {"type": "integer"},
        "link": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["relation", "url"],
                "properties": {"relation": {"type": "string"}, "url": {"type": "string"}},
            },
        },
        "entry": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "fullUrl": {"type": "string"},
                    "resource": {
                        "type": "object",
                        "required": ["resourceType"],
                        "properties": {"resourceType": {"type": "string"}},
                        "additionalProperties": True,
                    },
                },
            },
        },
    },
}


def answers(schema: Any, *statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route whose successes have that body."""
    content = {MEDIA_TYPE: {"schema": schema}, "application/json": {"schema": schema}}
    return {status: {"description": schema["description"], "content": content} for status in statuses}


@dataclass(frozen=True, slots=True)
class Wish:
    """How to answer. `returning`: minimal, representation or OperationOutcome; `strict`: ignore nothing."""

    media_type: str
    returning: str
    strict: bool


async def wish(
    media_type: MediaType,
    prefer: Annotated[
        str,
        Header(description="return=minimal | representation | OperationOutcome, handling=strict | lenient"),
    ] = "",
) -> Wish:
    preferences = dict(
        part.strip().partition("=")[::2] for part in prefer.replace(";", ",").split(",") if part.strip()
    )
    returning = preferences.get("return", "representation").strip('"')
    return Wish(media_type, returning, preferences.get("handling", "").strip('"') == "strict")


Wished = Annotated[Wish, Depends(wish)]


class NoBody(Response):
    """304 and minimal answers."""

    media_type = None


def etag(version: int | str) -> str:
    """Weak, as FHIR wants it (http.html#versioning)."""
    return f'W/"{version}"'


def encoded(element: Mapping[str, Any]) -> bytes:
    return json.dumps(element, ensure_ascii=False, separators=(",", ":")).encode()


def resource_response(
    element: Mapping[str, Any], wish: Wish, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """What is told of a person stays in no cache."""
    return Response(
        encoded(element), status, {"Cache-Control": "no-store", **(headers or {})}, wish.media_type
    )
