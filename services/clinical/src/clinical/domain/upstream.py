"""A request that is passed on to EHRbase, and its answer, which is not read before it is passed on."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Call:
    """`path` lies below EHRbase's `/rest`, its variable segments quoted."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


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

    async def read(self) -> bytes:
        """All of it, closed."""
        try:
            return b"".join([chunk async for chunk in self.chunks])
        finally:
            await self.close()


class Upstream(Protocol):
    """EHRbase's ITS-REST as it is."""

    async def open(self, call: Call) -> Answer:
        """Raises a refusal (see `refusals`), CdrError, Unavailable, UpstreamTimeout."""
