"""A request that is passed on to EHRbase, and its answer, which is not read before it is passed on."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from openward_servicekit.errors import UpstreamBroken
from openward_servicekit.http_parts import Parts


@dataclass(frozen=True)
class Call:
    """`path` lies below EHRbase's `/rest`, its variable segments quoted.

    `is_question`: what became of another request; it is asked whatever else is held back.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Parts | None = None
    is_question: bool = False


@dataclass(frozen=True)
class Answer:
    """A success of EHRbase. `chunks` can be read once; `close` ends the connection's use, and is due."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]

    @property
    def uid(self) -> str:
        """What ETag names."""
        return self.headers.get("etag", "").removeprefix("W/").strip('"')

    async def read_up_to(self, limit: int) -> tuple[bytes, "Answer | None"]:
        """All of it, closed; or, if that is more than `limit` bytes, the answer to be read from its start."""
        try:
            begin = []
            async for chunk in self.chunks:
                begin.append(chunk)
                if (limit := limit - len(chunk)) < 0:
                    return b"", replace(self, chunks=_again(begin, self.chunks))
        except BaseException:
            await self.close()
            raise
        await self.close()
        return b"".join(begin), None

    async def json(self) -> Any:
        """All of it, closed. Raises UpstreamBroken for what is none."""
        try:
            return json.loads(await self.read())
        except ValueError:
            raise UpstreamBroken("EHRbase has not answered in JSON.") from None

    async def read(self) -> bytes:
        """All of it, closed."""
        try:
            return b"".join([chunk async for chunk in self.chunks])
        finally:
            await self.close()


async def _again(begin: Sequence[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in begin:
        yield chunk
    async for chunk in rest:
        yield chunk


class Upstream(Protocol):
    """EHRbase's ITS-REST as it is."""

    async def open(self, call: Call) -> Answer:
        """Raises a refusal (see `refusals`), CdrError, Unavailable, UpstreamTimeout."""
