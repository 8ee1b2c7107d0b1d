"""What a request may send: so many bytes, uncompressed, strict JSON where JSON is wanted."""

from typing import Any

from starlette.requests import Request
from starlette.types import Message

from openward_servicekit import strict_json
from openward_servicekit.errors import Malformed, TooLarge, Unsupported


class BodyTooLarge(TooLarge):
    slug = "body-too-large"


class NotJson(Malformed):
    slug = "malformed-json"


class NotJsonMediaType(Unsupported):
    slug = "json-expected"


class CompressedBody(Unsupported):
    """Refused: a few bytes could become gigabytes after the limit was checked."""

    slug = "compressed-body"


def check_content(request: Request, *, takes_json: bool) -> None:
    """Judge a body by its headers, before a byte of it is read."""
    headers = request.headers
    if headers.get("content-encoding", "identity") != "identity":
        raise CompressedBody("Send the body without Content-Encoding.")
    has_body = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
    if takes_json and has_body and not _is_json(headers.get("content-type", "")):
        raise NotJsonMediaType("Send JSON, with a Content-Type that says so.")


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )


class GuardedRequest(Request):
    """The request with a body of at most `limit` bytes and strict JSON; FastAPI reads it through this."""

    def __init__(self, request: Request, limit: float) -> None:
        super().__init__(request.scope, self._limited, request._send)  # noqa: SLF001  no public name for it
        self._unlimited = request.receive
        self._limit = limit
        length = request.headers.get("content-length", "")
        self._announced = int(length) if length.isdecimal() else 0
        self._received = 0

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            try:
                self._json = strict_json.loads(await self.body())
            except ValueError as error:
                raise NotJson(f"The body is not acceptable JSON: {error}.") from None
        return self._json

    async def _limited(self) -> Message:
        self._check(self._announced)
        message = await self._unlimited()
        self._received += len(message.get("body", b""))
        self._check(self._received)
        return message

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise BodyTooLarge(f"At most {self._limit} bytes.")
