"""A product takes no more of EHRbase than it says: seconds, and places of its class."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from clinical.settings import Settings
from openward_testkit.faulty import Fault, FaultyWay
from openward_testkit.waiting import eventually


@pytest.fixture
async def narrow(clinic: Any, settings: Settings, way: FaultyWay) -> AsyncIterator[Any]:
    """One place for reports and one for queries, on a way that can go wrong."""
    places = {"ehrbase_reports": 1, "ehrbase_queries": 1, "ehrbase_wait_seconds": 0.2}
    async with clinic.beside(settings, way.own_port, **places) as beside:
        yield beside, way
        way.spare()


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

    held = way.held
    way.strike(Fault.SLOW, "POST /ehrbase/rest/openehr/v1/query")
    hanging = asyncio.create_task(narrowed.get(products.of(patient_id, name=report)))
    await eventually(lambda: way.held > held)
    second = await narrowed.get(products.of(patient_id, name=report))
    interactive = await narrowed.get(products.of(patient_id))
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)

    assert (second.status_code, second.headers.get("retry-after") is not None) == (503, True)
    assert interactive.status_code == 200
