"""A trace goes through a request: in by its header, out by every message and request to a neighbour."""

from collections.abc import Iterator, Sequence

import pytest
from fastapi import APIRouter, Depends
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from openward_servicekit.http import AsyncBaseTransport, Request, Response, make_client
from openward_servicekit.routing import api_router, public
from openward_servicekit.telemetry import span, traceparent
from openward_testkit.asgi import asgi_client
from openward_testkit.service import service_app

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


class Echo(AsyncBaseTransport):
    """A neighbour that answers with the `traceparent` it was sent."""

    async def handle_async_request(self, request: Request) -> Response:
        return Response(200, text=request.headers.get("traceparent", ""))


class Kept(SpanExporter):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ReadableSpan]]:
    """Spans are recorded, by a provider that is not the process's."""
    kept, provider = Kept(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    yield kept.spans
    provider.shutdown()


def things() -> APIRouter:
    router = api_router("/api/things/v1", tags=["things"])

    @router.get("/neighbours/{name}", dependencies=[Depends(public)])
    async def ask_neighbour(name: str) -> str:
        async with make_client("http://neighbour.test", transport=Echo()) as neighbour:
            return (await neighbour.get(name)).text

    @router.get("/broken/{name}", dependencies=[Depends(public)])
    async def fail(name: str) -> None:
        raise ValueError(name)

    return router


def test_outside_of_a_trace_there_is_no_traceparent() -> None:
    assert traceparent() is None


async def test_a_trace_goes_on_to_the_neighbours() -> None:
    async with asgi_client(service_app(things())) as client:
        answer = await client.get("/api/things/v1/neighbours/n", headers={"traceparent": PARENT})

    assert answer.json().split("-")[1] == TRACE


async def test_an_unreadable_traceparent_is_left_behind() -> None:
    async with asgi_client(service_app(things())) as client:
        answer = await client.get("/api/things/v1/neighbours/n", headers={"traceparent": "canary"})

    assert "canary" not in answer.json()


def test_a_message_continues_the_trace_it_came_with() -> None:
    with span("handle", parent=PARENT):
        inside = traceparent()

    assert inside is not None
    assert inside.split("-")[1] == TRACE
    assert traceparent() is None


async def test_a_span_has_the_template_and_the_status(recorded: list[ReadableSpan]) -> None:
    async with asgi_client(service_app(things())) as client:
        await client.get("/api/things/v1/neighbours/canary?q=canary", headers={"traceparent": PARENT})

    (found,) = recorded
    assert found.name == "GET /api/things/v1/neighbours/{name}"
    assert dict(found.attributes or {}) == {"http.response.status_code": 200}
    assert "canary" not in found.to_json()


async def test_a_span_of_a_failure_does_not_have_its_message(recorded: list[ReadableSpan]) -> None:
    async with asgi_client(service_app(things())) as client:
        await client.get("/api/things/v1/broken/canary")

    (found,) = recorded
    assert dict(found.attributes or {}) == {"http.response.status_code": 500}
    assert "canary" not in found.to_json()
