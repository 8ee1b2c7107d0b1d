"""Routes that take what they declare: a filter that nobody applies shows more than was asked for."""

from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, Header, Query
from openward_servicekit.exact import exact
from openward_servicekit.routing import api_router, public
from openward_testkit.asgi import asgi_client
from openward_testkit.service import service_app
from pydantic import BaseModel


class Wanted(BaseModel):
    """A page of it."""

    limit: int = 10
    colour: list[str] = []


async def shape(of: Annotated[str | None, Query(alias="shape")] = None) -> str | None:
    return of


def things() -> APIRouter:
    router = api_router("/api/things/v1", tags=["things"], dependencies=[Depends(exact)])

    @router.get("/{thing_id}", dependencies=[Depends(public)])
    async def thing(
        thing_id: str,
        wanted: Annotated[Wanted, Query()],
        shape: Annotated[str | None, Depends(shape)],
        accept_language: Annotated[str, Header()] = "",
    ) -> str:
        return f"{thing_id} {wanted.limit} {wanted.colour} {shape} {accept_language}"

    return router


async def asked(query: str) -> httpx.Response:
    async with asgi_client(service_app(things())) as client:
        return await client.get(f"/api/things/v1/a?{query}", headers={"Accept-Language": "de"})


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "a 10 [] None de"),
        ("limit=5&colour=red&colour=blue&shape=round", "a 5 ['red', 'blue'] round de"),
    ],
)
async def test_what_is_declared_is_taken_wherever_that_is(query: str, told: str) -> None:
    answer = await asked(query)

    assert (answer.status_code, answer.json()) == (200, told)


@pytest.mark.parametrize(
    ("query", "path", "code"),
    [
        ("of=round", "of", "extra-forbidden"),
        ("thing_id=b", "thing_id", "extra-forbidden"),
        ("accept-language=fr", "accept-language", "extra-forbidden"),
        ("limit=5&limit=5", "limit", "parameter-repeated"),
        ("shape=round&shape=flat", "shape", "parameter-repeated"),
        ("x" * 5000, "x" * 64, "extra-forbidden"),
    ],
)
async def test_what_is_not_is_refused_by_its_name(query: str, path: str, code: str) -> None:
    answer = await asked(query)

    assert (answer.status_code, answer.json()["code"]) == (422, "parameters-unexpected")
    assert [(each["path"], each["code"]) for each in answer.json()["errors"]] == [(path, code)]


async def test_who_mistypes_is_told_what_was_meant() -> None:
    answer = await asked("colours=red&limits=1")

    details = [each["detail"] for each in answer.json()["errors"]]
    assert [detail.rpartition(" ")[2] for detail in details] == ["colour?", "limit?"]
