"""Both stores hold a product, or none: whatever is killed, away or in between."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from clinical.adapters.postgres_query_products import PostgresQueryProducts
from clinical.settings import Settings
from openward_testkit.faulty import Fault, FaultyWay
from openward_testkit.waiting import eventually

STORED = "/ehrbase/rest/openehr/v1/definition/query"
PUT = f"PUT {STORED}"


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    url, password = settings.database_url, settings.database_password.get_secret_value()
    async with asyncpg.create_pool(url, password=password, min_size=1, max_size=2) as pool:
        yield pool


@pytest.fixture
async def faulty(clinic: Any, settings: Settings, way: FaultyWay) -> AsyncIterator[Any]:
    """The same service on a way to EHRbase that can go wrong, and the way."""
    async with clinic.beside(settings, way.own_port, ehrbase_timeout_seconds=5.0) as beside:
        yield beside.client, way
        way.spare()


async def held(ehrbase: httpx.AsyncClient, name: str) -> str | None:
    answer = await ehrbase.get(f"{STORED}/{name}/1.0.0")
    return str(answer.json()["q"]) if answer.is_success else None


async def states(pool: asyncpg.Pool, name: str) -> list[str]:
    return [row["state"] for row in await pool.fetch("select state from query_product where name = $1", name)]


async def test_both_stores_hold_the_text_as_it_was_written(
    products: Any, ehrbase: httpx.AsyncClient, pool: asyncpg.Pool
) -> None:
    text = products.one()["aql"].replace("\n", "\n  -- of the ward\n")
    slug = products.name.partition("::")[2]
    await products.put(products.one(aql=text))
    stored = await products.put(products.one(), name=slug)

    assert await held(ehrbase, products.name) == text
    assert stored.json()["stored_as"] == f"product.openward::{slug}"
    assert await held(ehrbase, stored.json()["stored_as"]) == products.one()["aql"]
    assert await states(pool, products.name) == ["published"]


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.SLOW, Fault.SLOW_DELIVERED])
async def test_who_is_killed_between_the_stores_leaves_what_the_next_reader_finishes(
    products: Any, ehrbase: httpx.AsyncClient, pool: asyncpg.Pool, faulty: Any, fault: Fault, clinic: Any
) -> None:
    """EHRbase has not got the text yet, or has and it is not noted: that process says nothing any more."""
    (client, way), struck = faulty, faulty[1].struck
    way.strike(fault, PUT, times=5)
    headers = clinic.headers("template-author", "user/aql-*.crus")
    path = f"{products.path}/{products.name}/1.0.0"
    sending = asyncio.create_task(client.put(path, json=products.one(), headers=headers))
    await eventually(lambda: way.struck > struck)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    between = await states(pool, products.name)

    read = await products.get(f"/{products.name}/1.0.0")
    again = await products.put(products.one())

    assert between == ["pending"]
    assert read.status_code == 200, read.text
    assert (read.status_code, read.json()["state"], again.status_code) == (200, "published", 200)
    assert await states(pool, products.name) == ["published"]
    assert await held(ehrbase, products.name) == products.one()["aql"]


async def test_ehrbase_away_is_no_success_and_may_be_repeated(
    products: Any, pool: asyncpg.Pool, faulty: Any, clinic: Any
) -> None:
    client, way = faulty
    headers = clinic.headers("template-author", "user/aql-*.crus")
    path = f"{products.path}/{products.name}/1.0.0"
    way.strike(Fault.AWAY, PUT, times=5)
    refused = await client.put(path, json=products.one(), headers=headers)
    way.spare()

    listed = await products.get(search=products.name)
    stored = await client.put(path, json=products.one(), headers=headers)

    assert refused.status_code in (503, 504)
    assert [each["name"] for each in listed.json()["items"]] == [products.name]
    assert stored.status_code == 200
    assert await states(pool, products.name) == ["published"]


async def test_what_ehrbase_has_lost_it_gets_again(
    clinic: Any, products: Any, ehrbase: httpx.AsyncClient, pool: asyncpg.Pool
) -> None:
    """As after a backup of EHRbase was put back: here it never had it."""
    await products.put(products.one())
    other = f"{products.name}-lost"
    await pool.execute(
        "insert into query_product (name, major, minor, patch, definition, words, state, stored_by) "
        "select $1, 1, 0, 0, definition, words, 'published', stored_by from query_product where name = $2",
        other,
        products.name,
    )

    await clinic.app.state.clinical.query_products.reconcile()

    assert await held(ehrbase, other) == products.one()["aql"]


async def test_a_name_that_ehrbase_has_for_another_query_is_refused(
    products: Any, ehrbase: httpx.AsyncClient, pool: asyncpg.Pool
) -> None:
    text = {"Content-Type": "text/plain"}
    await ehrbase.put(f"{STORED}/{products.name}/1.0.0", content="SELECT c FROM COMPOSITION c", headers=text)
    await ehrbase.put(f"{STORED}/{products.name}/1.0.1", content=products.one()["aql"], headers=text)

    taken = await products.put(products.one())
    same = await products.put(products.one(), "1.0.1")

    assert (taken.status_code, taken.json()["code"]) == (409, "query-product-name-taken")
    assert same.status_code == 201
    assert await states(pool, products.name) == ["published"]


async def test_one_of_many_stores_a_version(products: Any, pool: asyncpg.Pool) -> None:
    bodies = [products.one(title=f"Title {n % 2}") for n in range(6)]

    answers = await asyncio.gather(*(products.put(body) for body in bodies))

    assert sorted({answer.status_code for answer in answers} - {200}) == [201, 409]
    assert [answer.status_code for answer in answers].count(201) == 1
    assert await states(pool, products.name) == ["published"]


async def test_the_definition_api_stores_no_version_of_a_product(clinic: Any, products: Any) -> None:
    await products.put(products.one())
    path = f"/openehr/v1/definition/query/{products.name}/2.0.0"
    author = clinic.headers("template-author", "user/aql-*.crus")

    refused = await clinic.client.put(path, json={"q": "SELECT c FROM COMPOSITION c"}, headers=author)
    read = await clinic.client.get(path.replace("2.0.0", "1.0.0"), headers=author)

    assert (refused.status_code, refused.json()["code"]) == (409, "query-product-exists")
    assert read.json()["q"] == products.one()["aql"]


async def test_roles_of_a_product_hold_by_its_other_name_too(clinic: Any, products: Any) -> None:
    patient_id, ehr_id = await clinic.patient()
    await products.written(patient_id, 120)
    text = products.one()["aql"].replace("$since", "'2000'").replace("$least", "0")
    await products.put(products.one(aql=text, parameters=[], roles=["service"]))
    path = f"/openehr/v1/query/{products.name}/1.0.0"

    person = await clinic.client.get(path, params={"ehr_id": ehr_id}, headers=clinic.headers())
    scope = f"system/aql-{products.name}.s system/composition-*.r"
    machine = {"Authorization": f"Bearer {clinic.tokens.service_token(scope=scope)}"}
    service = await clinic.client.get(path, params={"ehr_id": ehr_id}, headers=machine)

    assert person.status_code == 403
    assert (service.status_code, len(service.json()["rows"])) == (200, 1)


async def test_values_of_a_product_are_checked_by_its_other_name_too(clinic: Any, products: Any) -> None:
    patient_id, ehr_id = await clinic.patient()
    uid = await products.written(patient_id, 120)
    await products.put(products.one())
    path = f"/openehr/v1/query/{products.name}"

    async def got(**params: Any) -> Any:
        return await clinic.client.get(path, params=params, headers=clinic.headers())

    found, none = await got(ehr_id=ehr_id, least=119.5), await got(ehr_id=ehr_id, least=121)
    wrong, unbound = await got(ehr_id=ehr_id, least="x"), await got(least=1)

    assert ([row[0] for row in found.json()["rows"]], none.json()["rows"]) == ([uid], [])
    assert (found.json()["q"], found.json()["name"]) == (products.one()["aql"], f"{products.name}/1.0.0")
    assert [wrong.json()["code"], unbound.json()["code"]] == ["query-product-parameters", "query-not-bound"]


async def test_what_was_published_is_not_changed_in_the_database_either(
    products: Any, pool: asyncpg.Pool
) -> None:
    await products.put(products.one())
    definition = json.dumps({})

    for statement in (
        "update query_product set definition = $2 where name = $1",
        "update query_product set stored_by = $2 where name = $1",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await pool.execute(statement, products.name, definition)
    with pytest.raises(asyncpg.RestrictViolationError):
        await pool.execute("delete from query_product where name = $1", products.name)
    found = await PostgresQueryProducts(pool).of(products.name, None)
    assert found is not None
    assert found.definition.title == "Pressures"
