"""Where addresses begin that a client can use as they stand: scheme, host and port."""

import re
from typing import Final, cast
from urllib.parse import urlsplit

from starlette.requests import Request

# RFC 3986, section 3.2, without user information and percent-encoding: it becomes part of a header.
_AUTHORITY: Final = re.compile(
    rb"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
)


class Origin:
    """Of a system that has several names: the scheme of `public_url`, the host that the client asked.

    All of it is that of `public_url` if the client named no host that could be one, or if `public_url` has a
    path: then something in front of the gateway rewrites addresses, and Host is its own business.
    """

    __slots__ = ("_public_url", "_scheme")

    def __init__(self, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._public_url = public_url
        self._scheme = "" if parts.path else f"{parts.scheme}://"

    def of(self, host: bytes) -> str:
        """Without a slash at the end. `host`: the header as it came."""
        if self._scheme and _AUTHORITY.fullmatch(host):
            return self._scheme + host.decode("ascii")
        return self._public_url


def origin_of(request: Request) -> str:
    """As its client names it: the gateway serves none but the system's own names.

    Nothing is read of X-Forwarded-* and Forwarded: whoever reaches a service could have sent them.
    """
    origin = cast("Origin", request.app.state.origin)
    for name, value in request.scope["headers"]:
        if name == b"host":
            return origin.of(value)
    return origin.of(b"")
