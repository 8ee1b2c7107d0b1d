"""A stock FHIR client, fhirpy, over HTTP: it knows nothing of Openward."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound


@pytest.fixture
async def client(registry: Any) -> AsyncIterator[AsyncFHIRClient]:
    """Links lead to the public URL, as behind a gateway; the client is told that it is the same server."""
    # The app is running already: its lifespan is the registry's.
    server = uvicorn.Server(uvicorn.Config(registry.app, port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield AsyncFHIRClient(
        f"http://127.0.0.1:{port}/fhir/r4",
        authorization=registry.headers()["Authorization"],
        url_aliases=["http://openward.test/fhir/r4"],
    )
    server.should_exit = True
    await serving


async def test_it_creates_reads_and_updates(
    client: AsyncFHIRClient, fhir: Any, person: dict[str, Any]
) -> None:
    patient = client.resource("Patient", **fhir.of(person))
    await patient.create()

    read = await client.reference("Patient", patient["id"]).to_resource()
    read["gender"] = "other"
    version = read["meta"]["versionId"]
    client.extra_headers = {"If-Match": f'W/"{version}"'}
    await read.update()

    again = await client.reference("Patient", patient["id"]).to_resource()
    assert (again["gender"], again["meta"]["versionId"]) == ("other", "2")


async def test_it_searches_page_by_page(client: AsyncFHIRClient, fhir: Any, people: Any) -> None:
    first = people()
    name = first["names"][0]["family"]
    registered = [await fhir.register(first)]
    for _ in range(2):
        more = people()
        more["names"] = [{"family": name, "given": more["names"][0]["given"][1:]}]
        body = fhir.of(more)
        sent = {"json": body, "headers": {"Change-Reason": "a namesake"}}
        registered.append(await fhir.ask("POST", "/Patient?confirm=duplicates", "Patient", 201, **sent))

    search = client.resources("Patient").search(family=name).limit(1)

    assert sorted([each["id"] async for each in search]) == sorted(each["id"] for each in registered)
    assert await client.resources("Patient").search(family=name).count() == 3


async def test_it_runs_match(client: AsyncFHIRClient, fhir: Any, person: dict[str, Any]) -> None:
    created = await fhir.register(person)

    bundle = await client.execute("Patient/$match", data=fhir.of(person))

    assert [each["resource"]["id"] for each in bundle["entry"]] == [created["id"]]


async def test_it_understands_refusals(client: AsyncFHIRClient, fhir: Any, person: dict[str, Any]) -> None:
    with pytest.raises(ResourceNotFound):
        await client.reference("Patient", "nobody").to_resource()
    with pytest.raises(OperationOutcome):
        await client.resource("Patient", **fhir.of(person), maritalStatus={"text": "M"}).create()
