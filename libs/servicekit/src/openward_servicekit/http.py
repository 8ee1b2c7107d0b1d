"""Outgoing HTTP. Nothing else in the project imports httpx; what callers need of it is named here.

Beneath httpx is a transport of our own (`http_pool`): httpx's takes ten times the CPU per request.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx
from httpx import (
    ASGITransport,
    AsyncBaseTransport,
    AsyncClient,
    BasicAuth,
    Limits,
    Request,
    Response,
    Timeout,
)

from openward_servicekit.errors import Malformed, Unavailable, UpstreamBroken, UpstreamTimeout
from openward_servicekit.http_lean import LeanClient
from openward_servicekit.http_pool import PoolTransport
from openward_servicekit.http_wire import GuardedTransport, Policy

__all__ = [
    "DEFAULT_LIMITS",
    "DEFAULT_TIMEOUT",
    "ASGITransport",
    "AsyncBaseTransport",
    "AsyncClient",
    "BasicAuth",
    "ConnectionLost",
    "Limits",
    "PoolTransport",
    "Request",
    "Response",
    "Timeout",
    "UnsafeSegment",
    "UpstreamUnavailable",
    "make_client",
    "quote_segment",
    "upstream_errors",
]

DEFAULT_TIMEOUT = Timeout(connect=2.0, read=30.0, write=30.0, pool=5.0)
# Shorter than any server's keep-alive here: a server never closes a connection we are about to use.
DEFAULT_LIMITS = Limits(max_connections=100, keepalive_expiry=4.0)
SECONDS_UNTIL_RETRY = 1.0


class UnsafeSegment(Malformed):
    slug = "unsafe-path-segment"


class UpstreamUnavailable(Unavailable):
    """The neighbour could not be reached: nothing was sent, so nothing was done."""

    slug = "upstream-unavailable"


class ConnectionLost(UpstreamTimeout):
    """The connection broke after the request went out: as after a timeout, the outcome is unknown."""

    slug = "upstream-connection-lost"


def make_client(  # noqa: PLR0913  each has a good default
    base_url: str,
    *,
    timeout: Timeout = DEFAULT_TIMEOUT,
    limits: Limits = DEFAULT_LIMITS,
    auth: BasicAuth | None = None,
    headers: Mapping[str, str] | None = None,
    retries: int = 1,
    max_response_bytes: int = 64 * 2**20,
    transport: AsyncBaseTransport | None = None,
) -> AsyncClient:
    """A client for one neighbour; close it with `async with` or `aclose()`.

    It follows no redirects, reads no proxy from the environment, keeps no cookies, asks for uncompressed
    answers and refuses compressed ones, and sends nothing, credentials least of all, outside `base_url`.
    Paths are relative (`client.get("ehr/…")`), each variable segment through `quote_segment`.

    A request is sent again, at most `retries` times and some hundredths of a second later, when its
    connection could not be opened (nothing was sent: any method) or broke before the answer (GET, HEAD,
    OPTIONS). An answer is never a reason: 502 and 503 are for the caller to judge.
    `transport` replaces the wire, in tests.
    """
    base = httpx.URL(base_url.rstrip("/") + "/")
    wire = transport or PoolTransport(limits)
    own = {
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "keep-alive",
        "user-agent": "openward",
    }
    client = LeanClient(
        base_url=base,
        timeout=timeout,
        transport=GuardedTransport(wire, Policy(base, retries, max_response_bytes)),
        trust_env=False,
    )
    client.headers = httpx.Headers({**own, **_credentials(auth), **(headers or {})})
    return client


def _credentials(auth: BasicAuth | None) -> dict[str, str]:
    if auth is None:
        return {}
    request = next(auth.sync_auth_flow(Request("GET", "http://nobody.invalid")))
    return {"authorization": request.headers["authorization"]}


def quote_segment(value: str) -> str:
    """`value` as exactly one path segment. Raises UnsafeSegment for what would be none, or would climb."""
    if value in {"", ".", ".."}:
        raise UnsafeSegment
    return quote(value, safe="")


@asynccontextmanager
async def upstream_errors(name: str, *, within: float | None = None) -> AsyncIterator[None]:
    """Turn what goes wrong with neighbour `name` into failures; `within` seconds for the whole block.

    UpstreamUnavailable (503): nothing was sent. UpstreamTimeout, ConnectionLost (504): outcome unknown.
    UpstreamBroken (502): the answer is not HTTP.
    """
    try:
        async with asyncio.timeout(within):
            yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise UpstreamUnavailable(f"{name} cannot be reached", retry_after=SECONDS_UNTIL_RETRY) from None
    except (httpx.TimeoutException, TimeoutError):
        raise UpstreamTimeout(f"{name} did not answer in time") from None
    except httpx.NetworkError:
        raise ConnectionLost(f"the connection to {name} was lost") from None
    except httpx.HTTPError:
        raise UpstreamBroken(f"{name} did not answer as it should") from None
