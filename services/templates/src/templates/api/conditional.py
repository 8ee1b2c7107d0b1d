"""Answers that a client may keep: each with the SHA-256 of its bytes as ETag, and 304 for who has them."""

import hashlib

from fastapi import Request, Response

#: Kept by its reader only, and asked about again each time: a permission may have ended since.
_CACHING = {"Cache-Control": "private, no-cache", "Vary": "Accept"}


def etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()}"'


def answer(request: Request, content: bytes, media_type: str) -> Response:
    headers = {"ETag": etag(content), **_CACHING}
    if _has(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _has(if_none_match: str, tag: str) -> bool:
    """Weak comparison (RFC 9110, section 13.1.2)."""
    known = (each.strip().removeprefix("W/") for each in if_none_match.split(","))
    return any(each in {"*", tag} for each in known)
