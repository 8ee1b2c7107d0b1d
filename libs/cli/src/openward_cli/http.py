"""The one place where the command line gets its HTTP client from."""

from httpx import AsyncClient, HTTPError, Response

__all__ = ["AsyncClient", "HTTPError", "Response", "make_client"]


def make_client(base_url: str = "", *, seconds: float = 10.0) -> AsyncClient:
    """A client that follows no redirect and asks no proxy: everything a stack runs is on this machine."""
    return AsyncClient(base_url=base_url, timeout=seconds, follow_redirects=False, trust_env=False)
