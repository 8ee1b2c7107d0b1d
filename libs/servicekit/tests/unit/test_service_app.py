"""What `create_service_app` puts around a service's routes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from openapi_spec_validator import validate
from openward_servicekit.app import Running, ServiceBrokenError, create_service_app
from openward_servicekit.auth.authorizer import require
from openward_servicekit.auth.permissions import Permission
from openward_servicekit.auth.principal import Principal, Role
from openward_servicekit.context import current_actor, current_request_id
from openward_servicekit.health import Dependency
from openward_servicekit.routing import UndeclaredRouteError, api_router, public
from openward_testkit.asgi import asgi_client
from openward_testkit.service import service_app, service_settings
from pydantic import BaseModel, create_model
from structlog.testing import capture_logs

READ = Permission("patient.read", frozenset({Role.CLINICIAN}), "fhir", "r", "Patient")
REQUEST_ID = "0b5e1b0e-7f0f-4c39-9d0e-3f1f9a1c2d3e"
BEARER = {"Authorization": "Bearer ada"}


class Seen(BaseModel):
    request_id: str | None
    actor: str | None


def things() -> APIRouter:
    router = api_router("/api/things/v1", tags=["things"])

    @router.get("/things/{thing_id}")
    async def read_thing(thing_id: str, _caller: Annotated[Principal, Depends(require(READ))]) -> Seen:
        del thing_id
        actor = current_actor()
        return Seen(request_id=current_request_id(), actor=actor and actor.sub)

    @router.get("/greeting", dependencies=[Depends(public)])
    async def greet(loud: bool = False) -> str:  # noqa: FBT001, FBT002  a query parameter
        return "HELLO" if loud else "hello"

    return router


async def started(app: FastAPI) -> None:
    async with app.router.lifespan_context(app):
        pass


async def test_the_gateways_request_id_is_kept_and_answered() -> None:
    async with asgi_client(service_app(things())) as client:
        answer = await client.get("/api/things/v1/things/1", headers={**BEARER, "X-Request-Id": REQUEST_ID})

    assert answer.headers["x-request-id"] == REQUEST_ID
    assert answer.json() == {"request_id": REQUEST_ID, "actor": "ada"}


@pytest.mark.parametrize(
    "given", ["", "1", REQUEST_ID.upper(), f"{REQUEST_ID}\x1b[31m", "{" + REQUEST_ID + "}"]
)
async def test_anything_else_than_a_uuid_is_replaced_by_one(given: str) -> None:
    async with asgi_client(service_app(things())) as client:
        answer = await client.get("/api/things/v1/greeting", headers={"X-Request-Id": given})

    made = answer.headers["x-request-id"]
    assert made != given
    assert str(UUID(made)) == made


async def test_nothing_of_a_request_is_left_when_it_is_over() -> None:
    async with asgi_client(service_app(things())) as client:
        await client.get("/api/things/v1/things/1", headers=BEARER)

    assert current_actor() is None
    assert current_request_id() is None


async def test_the_access_log_names_the_template_and_never_the_path() -> None:
    async with asgi_client(service_app(things())) as client:
        with capture_logs() as logs:
            await client.get("/api/things/v1/things/canary?name=canary", headers=BEARER)
            await client.get("/api/canary")
            await client.get("/api/things/v1/openapi.json")

    requests = [entry for entry in logs if entry["event"] == "request"]
    assert [(entry["method"], entry["route"], entry["status"]) for entry in requests] == [
        ("GET", "/api/things/v1/things/{thing_id}", 200),
        ("GET", "unmatched", 404),
        ("GET", "/api/things/v1/openapi.json", 200),
    ]
    assert "canary" not in str(logs)


async def test_metrics_count_by_template_and_each_app_for_itself() -> None:
    async with asgi_client(service_app(things())) as client, asgi_client(service_app(things())) as other:
        await client.get("/api/things/v1/things/canary", headers=BEARER)
        metrics = (await client.get("/metrics")).text
        others = (await other.get("/metrics")).text

    route = '{method="GET",route="/api/things/v1/things/{thing_id}",status="200"}'
    assert f"http_requests_total{route} 1.0" in metrics
    assert "canary" not in metrics
    assert route not in others


async def test_an_unknown_method_does_not_become_a_label() -> None:
    async with asgi_client(service_app(things())) as client:
        await client.request("CANARY", "/api/things/v1/greeting")
        metrics = (await client.get("/metrics")).text

    assert 'method="OTHER"' in metrics
    assert "CANARY" not in metrics


async def test_ready_tells_of_the_dependencies_that_bootstrap_made() -> None:
    async def check() -> None:
        raise ConnectionError

    async with asgi_client(service_app(dependencies=[Dependency("database", check)])) as client:
        answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["dependencies"]["database"]["why"] == "ConnectionError"


async def test_alive_while_a_dependency_is_down() -> None:
    async def check() -> None:
        raise ConnectionError

    async with asgi_client(service_app(dependencies=[Dependency("database", check)])) as client:
        assert (await client.get("/healthz")).status_code == 200


async def test_while_draining_connections_are_closed_after_their_answer() -> None:
    app = service_app(things())
    async with asgi_client(app) as client:
        before = await client.get("/api/things/v1/greeting")
        app.state.readiness.drain()
        after = await client.get("/api/things/v1/greeting")
        ready = await client.get("/readyz")

    assert "connection" not in before.headers
    assert after.headers["connection"] == "close"
    assert (ready.status_code, ready.json()["status"]) == (503, "draining")


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_no_service_has_pages_of_its_own(path: str) -> None:
    async with asgi_client(service_app(things())) as client:
        assert (await client.get(path)).status_code == 404


async def test_the_api_description_is_valid_and_public() -> None:
    async with asgi_client(service_app(things())) as client:
        document = (await client.get("/api/things/v1/openapi.json")).json()

    validate(document)
    read = document["paths"]["/api/things/v1/things/{thing_id}"]["get"]
    greet = document["paths"]["/api/things/v1/greeting"]["get"]
    assert (read["operationId"], greet["operationId"]) == ("things_read_thing", "things_greet")
    assert (read["security"], greet["security"]) == ([{"oidc": []}], [])
    assert read["x-openward-permission"] == "patient.read"
    assert "422" not in greet["responses"]
    assert list(greet["responses"]["4XX"]["content"]) == ["application/problem+json"]
    assert set(document["paths"]) == {"/api/things/v1/things/{thing_id}", "/api/things/v1/greeting"}


async def test_a_problem_of_a_routes_own_is_described_as_a_problem() -> None:
    router = api_router("/api/things/v1")

    @router.get("/open", dependencies=[Depends(public)], responses={409: {"model": Seen}})
    async def refuse() -> str:
        return "never"

    async with asgi_client(service_app(router)) as client:
        document = (await client.get("/api/things/v1/openapi.json")).json()

    answers = document["paths"]["/api/things/v1/open"]["get"]["responses"]
    assert list(answers["409"]["content"]) == ["application/problem+json"]
    assert list(answers["200"]["content"]) == ["application/json"]


async def test_models_of_one_name_are_told_apart_without_their_modules() -> None:
    router = api_router("/api/things/v1")
    colour = create_model("Kind", __module__="things.colour", red=(bool, ...))
    size_class = create_model("Kind", __module__="things.size_class", large=(bool, ...))

    @router.get("/open", dependencies=[Depends(public)], responses={200: {"model": colour | size_class}})
    async def show() -> None:
        """Nothing."""

    async with asgi_client(service_app(router)) as client:
        document = (await client.get("/api/things/v1/openapi.json")).json()

    validate(document)
    assert {"ColourKind", "SizeClassKind"} <= document["components"]["schemas"].keys()


async def test_a_route_that_asks_nothing_of_its_caller_stops_the_start() -> None:
    router = api_router("/api/things/v1")

    @router.get("/open")
    async def leak() -> str:
        return "everything"

    with pytest.raises(UndeclaredRouteError, match="leak"):
        await started(service_app(things(), router))


async def test_a_plain_fastapi_router_stops_the_start() -> None:
    router = APIRouter()

    @router.get("/open", dependencies=[Depends(public)])
    async def leak() -> str:
        return "everything"

    with pytest.raises(UndeclaredRouteError, match="api_router"):
        await started(service_app(router))


async def test_a_nested_router_stops_the_start() -> None:
    outer = api_router("/api")
    outer.include_router(things(), prefix="/nested")

    with pytest.raises(UndeclaredRouteError, match="do not nest"):
        await started(service_app(outer))


async def test_a_route_added_to_the_finished_app_stops_the_start() -> None:
    app = service_app(things())
    app.add_api_route("/late", lambda: "late")

    with pytest.raises(UndeclaredRouteError):
        await started(app)


async def test_a_failed_start_is_logged_without_its_message() -> None:
    async def connect() -> Running:
        raise ConnectionError("postgresql://things:canary@db")

    @asynccontextmanager
    async def bootstrap() -> AsyncIterator[Running]:
        yield await connect()

    app = create_service_app(service_settings(), title="Things", routers=[], bootstrap=bootstrap)

    with capture_logs() as logs, pytest.raises(ServiceBrokenError) as broken:
        await started(app)

    assert logs[0]["event"] == "start failed"
    assert broken.value.__suppress_context__
    assert "canary" not in str(broken.value)


async def test_requests_at_once_do_not_mix_their_ids() -> None:
    ids = [f"{REQUEST_ID[:-2]}{number:02d}" for number in range(20)]
    async with asgi_client(service_app(things())) as client:
        answers = await asyncio.gather(
            *(
                client.get(
                    "/api/things/v1/things/1", headers={"Authorization": f"Bearer u{i}", "X-Request-Id": id_}
                )
                for i, id_ in enumerate(ids)
            )
        )

    assert [answer.json() for answer in answers] == [
        {"request_id": id_, "actor": f"u{i}"} for i, id_ in enumerate(ids)
    ]


@pytest.mark.parametrize("reads", ["fastapi", "route"])
async def test_a_client_that_goes_away_while_it_sends_is_no_error_of_ours(
    capsys: pytest.CaptureFixture[str], reads: str
) -> None:
    router = api_router("/api/things/v1")

    @router.post("/fastapi", dependencies=[Depends(public)])
    async def read_for_me(_seen: Seen) -> str:
        return "never"

    @router.post("/route", dependencies=[Depends(public)])
    async def read_myself(request: Request) -> str:
        return (await request.body()).decode()

    sent: list[object] = []

    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    app = service_app(router)
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/api/things/v1/{reads}",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"10")],
    }
    async with asgi_client(app):
        await app(scope, gone, send)

    assert sent == []
    assert "request failed" not in capsys.readouterr().out
