"""What a request may send: so many bytes, uncompressed, strict JSON where JSON is wanted."""

import asyncio
import codecs
import io
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.types import Message

from openward_servicekit import strict_json
from openward_servicekit.errors import Malformed, TooLarge, Unavailable, Unsupported

#: Bytes; of more than that only so many are in memory at once.
LARGE: Final = 1_000_000
#: Bytes; to read more than that would keep other requests waiting.
SLOW: Final = 256 * 1024

_TOO_MANY: Final = "There are too many large bodies at once."

T = TypeVar("T")


class BodyTooLarge(TooLarge):
    slug = "body-too-large"


class NotJson(Malformed):
    slug = "malformed-json"


class NotJsonMediaType(Unsupported):
    slug = "json-expected"


class CompressedBody(Unsupported):
    """Refused: a few bytes could become gigabytes after the limit was checked."""

    slug = "compressed-body"


class BodiesTooMany(Unavailable):
    """So many large bodies are being worked on that another would have had to wait for too long."""

    slug = "too-many-large-bodies"


class LargeBodies:
    """Room for large bodies, given to them in the order in which they came. Sizes are in bytes."""

    def __init__(self, room: int, *, patience: float = 10.0) -> None:
        self._room = room
        self._patience = patience
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def admit(self, size: int) -> None:
        """Raises BodiesTooMany after `patience` seconds; else `release` is due."""
        place = (size, asyncio.get_running_loop().create_future())
        self._waiting.append(place)
        self._let_in()
        try:
            async with asyncio.timeout(self._patience):
                await asyncio.shield(place[1])
        except (TimeoutError, asyncio.CancelledError) as error:
            if place in self._waiting:
                self._waiting.remove(place)
                self._let_in()
            else:  # it was let in at the same moment
                self.release(size)
            if isinstance(error, TimeoutError):
                raise BodiesTooMany(_TOO_MANY, retry_after=self._patience / 2) from None
            raise

    def release(self, size: int) -> None:
        self._room += size
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._room:
            size, admitted = self._waiting.popleft()
            self._room -= size
            admitted.set_result(None)


def check_content(request: Request, *, takes_json: bool) -> None:
    """Judge a body by its headers, before a byte of it is read."""
    headers = request.headers
    if headers.get("content-encoding", "identity") != "identity":
        allowed = {"Accept-Encoding": "identity"}  # RFC 9110, section 15.5.16
        raise CompressedBody("Send the body without Content-Encoding.", headers=allowed)
    has_body = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
    if takes_json and has_body and not _is_json(headers.get("content-type", "")):
        raise NotJsonMediaType("Send JSON, with a Content-Type that says so.")


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )


class GuardedRequest(Request):
    """The request with a body of at most `limit` bytes and strict JSON; FastAPI reads it through this.

    A large body is read once there is room for it, and has its room until `leave`.
    """

    def __init__(self, request: Request, limit: float, large: LargeBodies) -> None:
        super().__init__(request.scope, self._limited, request._send)  # noqa: SLF001  no public name for it
        self._unlimited = request.receive
        self._limit = limit
        self._large = large
        self._room = 0
        length = request.headers.get("content-length", "")
        self._announced = int(length) if length.isdecimal() else 0
        self._received = 0

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            self._check(self._announced)
            await self._make_room(self._announced)
            collected = io.BytesIO()  # hands over what it holds, without a copy
            async for chunk in self.stream():
                if not self._announced:  # and may become as large as any
                    await self._make_room(int(self._limit) if self._received > LARGE else 0)
                collected.write(chunk)
            self._body = collected.getvalue().removeprefix(codecs.BOM_UTF8)  # RFC 8259, 8.1: may be ignored
        return self._body

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = await parsed(self, strict_json.loads)
        return self._json

    def leave(self) -> None:
        """The body is forgotten: the request, which refers to itself, may stay until garbage is collected."""
        self.__dict__.pop("_body", None)
        self.__dict__.pop("_json", None)
        if self._room:
            self._large.release(self._room)
            self._room = 0

    async def _make_room(self, size: int) -> None:
        if size > LARGE and not self._room:
            await self._large.admit(size)
            self._room = size

    async def _limited(self) -> Message:
        self._check(self._announced)
        message = await self._unlimited()
        self._received += len(message.get("body", b""))
        self._check(self._received)
        return message

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise BodyTooLarge(f"At most {self._limit} bytes.")


async def parsed(request: Request, parse: Callable[[bytes], T]) -> T:
    """What `parse` makes of the body, in a thread if that may take a while. Raises NotJson for ValueError."""
    body = await request.body()
    try:
        return await asyncio.to_thread(parse, body) if len(body) > SLOW else parse(body)
    except ValueError as error:
        raise NotJson(f"The body is not acceptable JSON: {error}.") from None
