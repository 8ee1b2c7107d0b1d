"""Answers that a client may keep: each with the SHA-256 of its bytes as ETag, and 304 for who has them."""

from typing import Any, Final

from fastapi import Request, Response
from openward_servicekit.openapi_answers import sends

from templates.domain.rendered import Rendered

#: Kept by its reader only, and asked about again each time: a permission may have ended since.
_CACHING = {"Cache-Control": "private, no-cache", "Vary": "Accept"}
_ANSWERED: Final = ("ETag", "Content-Language")


def kept(content: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that answers with a document, or 304."""
    return sends(*_ANSWERED, content=content) | sends(*_ANSWERED, status=304)


DOCUMENT: Final = kept({"application/json": {"schema": {"type": "object", "additionalProperties": True}}})
_PER_LANGUAGE = {**_CACHING, "Vary": "Accept, Accept-Language"}


def answer(request: Request, content: bytes, media_type: str) -> Response:
    return shown(request, Rendered(content, media_type))


def shown(request: Request, document: Rendered, media_type: str | None = None) -> Response:
    """`media_type`: the name that its reader has for it, if it has another than its own."""
    headers = {"ETag": document.etag, **_CACHING}
    if document.language:
        headers |= {**_PER_LANGUAGE, "Content-Language": document.language}
    if _has(request.headers.get("if-none-match", ""), document.etag):
        return Response(status_code=304, headers=headers)
    return Response(document.content, media_type=media_type or document.media_type, headers=headers)


def _has(if_none_match: str, tag: str) -> bool:
    """Weak comparison (RFC 9110, section 13.1.2)."""
    known = (each.strip().removeprefix("W/") for each in if_none_match.split(","))
    return any(each in {"*", tag} for each in known)
