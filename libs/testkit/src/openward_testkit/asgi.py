"""An HTTP client that speaks to an app in this process, with its lifespan run."""

import contextlib
from collections.abc import AsyncIterator, Mapping

import httpx  # noqa: TID251  tests speak HTTP directly
from fastapi import FastAPI


@contextlib.asynccontextmanager
async def asgi_client(
    app: FastAPI, *, base_url: str = "http://testserver", headers: Mapping[str, str] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """The app runs its lifespan around the block. An unhandled error is a 500, as in life."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers) as client,
    ):
        yield client
