"""HEAD (RFC 9110, section 9.3.2) and If-None-Match (13.1.2), of any answer, as EHRbase has them."""

from collections.abc import Iterable
from typing import Final

from starlette.types import Message, Scope, Send

#: What only belongs to content that is sent.
_OF_CONTENT: Final = (b"content-type", b"content-length")


def as_get(scope: Scope) -> Scope:
    """HEAD is GET without what is shown."""
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope


def conditional(scope: Scope, send: Send) -> Send:
    """Answers 304 to a client that has what it asks for, by ETag; sends no content then, and none to HEAD."""
    known = _known(scope)
    if scope["method"] not in {"GET", "HEAD"} or not (known or scope["method"] == "HEAD"):
        return send
    silent = scope["method"] == "HEAD"

    async def answer(message: Message) -> None:
        nonlocal silent
        if message["type"] == "http.response.start" and _is_known(message, known):
            headers = [header for header in message["headers"] if header[0].lower() not in _OF_CONTENT]
            message, silent = {**message, "status": 304, "headers": headers}, True
        elif message["type"] == "http.response.body" and silent:
            message = {**message, "body": b""}
        await send(message)

    return answer


def _known(scope: Scope) -> frozenset[bytes]:
    values = (value for name, value in scope["headers"] if name == b"if-none-match")
    return frozenset(_bare(tag) for value in values for tag in value.split(b","))


def _is_known(message: Message, known: Iterable[bytes]) -> bool:
    etag = next((value for name, value in message["headers"] if name.lower() == b"etag"), None)
    return message["status"] == 200 and etag is not None and (b"*" in known or _bare(etag) in known)


def _bare(tag: bytes) -> bytes:
    """Weak or not: what is compared is the same."""
    return tag.strip().removeprefix(b"W/")
