"""An error after the answer has begun: too late for a problem."""

from collections.abc import AsyncIterator

import pytest
from fastapi import APIRouter, Depends
from openward_servicekit.http import ASGITransport, AsyncClient
from openward_servicekit.middleware import AnswerBrokenError
from openward_servicekit.routing import api_router, public
from openward_testkit.service import service_app
from starlette.responses import StreamingResponse
from structlog.testing import capture_logs


def streams() -> APIRouter:
    router = api_router("/api/things/v1", tags=["things"])

    @router.get("/stream", dependencies=[Depends(public)])
    async def stream() -> StreamingResponse:
        async def lines() -> AsyncIterator[bytes]:
            yield b"first"
            raise ValueError("canary")

        return StreamingResponse(lines())

    return router


async def test_the_connection_is_cut_and_the_log_has_the_cause_without_its_message() -> None:
    app = service_app(streams())
    client = AsyncClient(transport=ASGITransport(app), base_url="http://things.test")

    async with app.router.lifespan_context(app), client:
        with capture_logs() as logs, pytest.raises(AnswerBrokenError) as broken:
            await client.get("/api/things/v1/stream")

    assert broken.value.__suppress_context__
    assert [entry["event"] for entry in logs] == ["request failed", "request"]
