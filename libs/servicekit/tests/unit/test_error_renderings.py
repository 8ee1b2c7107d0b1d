"""Where a standard has its own shape for errors, they have that shape, whoever made them."""

import json
from typing import Any

import pytest
from fastapi import APIRouter, Depends
from openward_contracts.problem import Problem
from openward_servicekit.errors import NotFound
from openward_servicekit.problems import Rendering
from openward_servicekit.routing import api_router, public
from openward_testkit.asgi import asgi_client
from openward_testkit.service import service_app


def mishap(problem: Problem) -> bytes:
    return json.dumps({"mishap": problem.code}).encode()


MISHAP = Rendering(
    prefix="/odd/v1",
    media_type="application/odd+json",
    name="Mishap",
    schema={"type": "object", "required": ["mishap"]},
    body=mishap,
)


def router(prefix: str) -> APIRouter:
    routes = api_router(prefix)

    @routes.get("/missing", dependencies=[Depends(public)], name=f"missing{prefix}")
    async def missing() -> None:
        raise NotFound

    @routes.get("/broken", dependencies=[Depends(public)], name=f"broken{prefix}")
    async def broken() -> None:
        raise KeyError

    return routes


async def ask(path: str) -> Any:
    app = service_app(router("/odd/v1"), router("/api/things/v1"), renderings=[MISHAP])
    async with asgi_client(app) as client:
        return await client.get(path)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/odd/v1/missing", 404, "not-found"),
        ("/odd/v1/broken", 500, "internal-error"),
        ("/odd/v1/nowhere", 404, "not-found"),
    ],
)
async def test_every_error_under_the_prefix_has_its_shape(path: str, status: int, code: str) -> None:
    answer = await ask(path)

    assert (answer.status_code, answer.json()) == (status, {"mishap": code})
    assert answer.headers["content-type"] == "application/odd+json"


@pytest.mark.parametrize("path", ["/api/things/v1/missing", "/odd/v11/missing"])
async def test_errors_elsewhere_stay_problems(path: str) -> None:
    answer = await ask(path)

    assert answer.headers["content-type"] == "application/problem+json"


def test_the_openapi_document_says_which_shape_an_operation_answers_with() -> None:
    app = service_app(router("/odd/v1"), router("/api/things/v1"), renderings=[MISHAP])

    document = app.openapi()

    odd = document["paths"]["/odd/v1/missing"]["get"]["responses"]["4XX"]["content"]
    plain = document["paths"]["/api/things/v1/missing"]["get"]["responses"]["4XX"]["content"]
    assert odd == {"application/odd+json": {"schema": {"$ref": "#/components/schemas/Mishap"}}}
    assert list(plain) == ["application/problem+json"]
    assert document["components"]["schemas"]["Mishap"] == MISHAP.schema
