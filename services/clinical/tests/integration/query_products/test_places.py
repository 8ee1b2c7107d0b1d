"""A product takes no more of EHRbase than it says: seconds, and places of its class."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from clinical.app import create_app
from clinical.settings import Settings
from openward_cli.stack import Port, Stack
from openward_testkit.asgi import asgi_client
from openward_testkit.faulty import Fault, FaultyWay
from openward_testkit.waiting import eventually


@pytest.fixture
async def narrow(clinic: Any, settings: Settings, stack: Stack) -> AsyncIterator[Any]:
    """One place for reports and one for queries, on a way that can go wrong."""
    async with (
        clinic.tokens.serving() as jwks_url,
        FaultyWay("127.0.0.1", stack.port(Port.EHRBASE)).laid() as way,
    ):
        changed = {
            "oidc_jwks_url": jwks_url,
            "ehrbase_url": f"http://127.0.0.1:{way.own_port}/ehrbase",
            "ehrbase_reports": 1,
            "ehrbase_queries": 1,
            "ehrbase_wait_seconds": 0.2,
        }
        app = create_app(settings.model_copy(update=changed))
        async with asgi_client(app) as client:
            yield replace(clinic, client=client), way


async def test_a_product_is_given_up_after_its_seconds(clinic: Any, products: Any) -> None:
    patient_id, _ = await clinic.patient()
    stored = await products.put(products.one(limits={"rows": 1000, "seconds": 0.001}))

    answer = await products.get(products.of(patient_id))

    assert stored.status_code == 201
    assert (answer.status_code, answer.json()["code"]) == (504, "query-timeout")


async def test_reports_take_the_places_of_reports_only(clinic: Any, products: Any, narrow: Any) -> None:
    patient_id, _ = await clinic.patient()
    report = f"{products.name}-report"
    await products.put(products.one())
    await products.put(products.one(concurrency="report"), name=report)
    client, way = narrow
    narrowed = replace(products, clinic=client)
    await narrowed.get(products.of(patient_id))  # it knows the templates then

    way.strike(Fault.SLOW, "POST /ehrbase/rest/openehr/v1/query")
    hanging = asyncio.create_task(narrowed.get(products.of(patient_id, name=report)))
    await eventually(lambda: way.held == 1)
    second = await narrowed.get(products.of(patient_id, name=report))
    interactive = await narrowed.get(products.of(patient_id))
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)

    assert (second.status_code, second.headers.get("retry-after") is not None) == (503, True)
    assert interactive.status_code == 200
