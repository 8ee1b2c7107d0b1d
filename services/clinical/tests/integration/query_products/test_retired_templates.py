"""A product whose template is retired or gone says so, and is no error of anybody's."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from clinical.settings import Settings
from openward_cli.demo import vital_signs
from openward_contracts.actor import Actor
from openward_contracts.event import Event
from openward_contracts.identifiers import TemplateId
from openward_contracts.payload import Payload
from openward_contracts.templates import TemplatePublished, TemplateRetired
from openward_testkit.events import publish


@pytest.fixture
async def template(settings: Settings) -> str:
    """One of its own, in EHRbase."""
    name = f"openward_test_{uuid4().hex[:10]}.v1"
    opt = vital_signs.opt().replace(vital_signs.TEMPLATE_ID.encode(), name.encode())
    login = (settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
    async with httpx.AsyncClient(timeout=60, auth=login, base_url=f"{settings.ehrbase_url}/rest/") as ehrbase:
        path = "openehr/v1/definition/template/adl1.4"
        answer = await ehrbase.post(path, content=opt, headers={"Content-Type": "application/xml"})
        assert answer.status_code == 201, answer.text
    return name


async def tell(clinic: Any, payload: Payload, template_id: str, version: int) -> None:
    event = Event.of(
        payload,
        source="/openward/templates",
        aggregate_id=template_id,
        aggregate_version=version,
        actor=Actor("author-1", "web", ("template-author",)),
        at=datetime.now(UTC),
        correlation_id="test",
    )
    async with await clinic.nats.connect() as connection:
        await publish(connection, event)


def published(template_id: str, version: int) -> TemplatePublished:
    return TemplatePublished(
        template_id=TemplateId(template_id),
        sha256="a" * 64,
        version=version,
        semantic_version=f"{version}.0.0",
    )


def retired(template_id: str, version: int) -> TemplateRetired:
    return TemplateRetired(
        template_id=TemplateId(template_id),
        sha256="a" * 64,
        version=version,
        semantic_version=f"{version}.0.0",
    )


async def until(products: Any, path: str, status: int) -> httpx.Response:
    async with asyncio.timeout(60):
        while True:
            answer: httpx.Response = await products.get(path)
            if answer.status_code == status:
                return answer
            await asyncio.sleep(0.1)


def about(products: Any, template: str) -> Any:
    condition = f"WHERE c/archetype_details/template_id/value = '{template}' AND"
    return products.one(aql=products.one()["aql"].replace("WHERE", condition))


async def test_a_product_whose_template_is_retired_says_so(clinic: Any, products: Any, template: str) -> None:
    patient_id, _ = await clinic.patient()
    stored = await products.put(about(products, template))
    path = products.of(patient_id, "1.0.0")
    before = await products.get(path)

    await tell(clinic, retired(template, 1), template, 2)
    refused = await until(products, path, 409)
    dry = await products.post(f"{path}/$dry-run", {})
    listed = (await products.get(search=products.name)).json()["items"]
    read = await products.get(f"/{products.name}/1.0.0")
    document = (await products.get("/openapi.json", scope=f"user/aql-{products.name}.r")).json()
    await tell(clinic, published(template, 2), template, 3)
    after = await until(products, path, 200)

    assert (stored.status_code, before.status_code, after.status_code) == (201, 200, 200)
    assert (refused.json()["code"], refused.json()["templates"]) == (
        "query-product-template-retired",
        [template],
    )
    assert refused.json()["errors"][0]["code"] == "template-retired"
    assert dry.status_code == 409
    assert listed[0]["templates_missing"] == read.json()["templates_missing"] == [template]
    assert [path["get"]["deprecated"] for path in document["paths"].values()] == [True]


async def test_a_version_that_was_replaced_retires_no_template(
    clinic: Any, products: Any, template: str
) -> None:
    patient_id, _ = await clinic.patient()
    await products.put(about(products, template))
    await tell(clinic, published(template, 3), template, 5)
    await tell(clinic, retired(template, 2), template, 6)
    marker = f"{template}x"
    await tell(clinic, retired(marker, 1), marker, 1)
    standings = clinic.app.state.clinical.query_products.standing.standings
    for _ in range(600):
        if await standings.retired([marker]):
            break
        await asyncio.sleep(0.1)

    assert await standings.retired([marker, template]) == {marker}
    assert (await products.get(products.of(patient_id))).status_code == 200


async def test_a_template_that_is_gone_is_told_of_when_it_is_named_by_a_value(
    clinic: Any, products: Any, template: str
) -> None:
    patient_id, _ = await clinic.patient()
    condition = "WHERE c/archetype_details/template_id/value = $template AND"
    text = products.one()["aql"].replace("WHERE", condition)
    named = {"name": "template", "type": "string", "description": "which", "example": template}
    stored = await products.put(products.one(aql=text, parameters=[named, *products.one()["parameters"]]))

    right = await products.get(products.of(patient_id), template=template)
    wrong = await products.get(products.of(patient_id), template="nope")

    assert (stored.status_code, right.status_code) == (201, 200)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "query-product-template-retired")
