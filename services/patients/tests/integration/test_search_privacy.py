"""Whom a search shows, and what it leaves behind."""

import asyncio
import secrets
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from openward_contracts.access import RecordQueried
from openward_testkit.events import EventCatcher
from openward_testkit.nats import NatsServer

BASE = "/api/patients/v1/patients"


def name() -> str:
    """A word that nobody is called."""
    return "".join(secrets.choice("bdfgklmnprst") + secrets.choice("aeiou") for _ in range(6)).title()


@pytest.fixture
def officer(registry: Any) -> dict[str, str]:
    """Headers of one who sees restricted patients."""
    headers: dict[str, str] = registry.headers("privacy-officer")
    return headers


async def merged(registry: Any, source: Any, target: Any) -> None:
    answer = await registry.merge(source, target)
    assert answer.status_code in {200, 201, 202}, answer.text


async def test_a_restricted_patient_is_as_if_not_there(registry: Any, officer: dict[str, str]) -> None:
    word, value = name(), uuid4().hex
    hidden = {"names": [{"family": word}], "identifiers": [{"system": "urn:x:y", "value": value}]}
    made = await registry.register(hidden | {"restricted": True})

    for body in (
        {"name": word, "count": True},
        {"name": word[:5] + word[6:], "count": True},
        {"identifier": {"value": value}, "count": True},
        {"mrn": made["mrn"], "count": True},
    ):
        nobodys = body | ({"identifier": {"value": uuid4().hex}} if "identifier" in body else {})
        hidden_answer = await registry.search(body)
        absent = await registry.search(nobodys if "identifier" in body else {"name": name(), "count": True})
        assert hidden_answer.json() == absent.json()
        assert hidden_answer.headers.keys() == absent.headers.keys()
        seen = (await registry.search(body, **officer)).json()
        assert ([item["id"] for item in seen["items"]], seen["total"]) == ([made["id"]], 1)


async def test_a_restricted_patient_neither_fills_nor_shortens_a_page(registry: Any) -> None:
    word = name()
    for number in range(6):
        names = [{"family": word, "given": [f"{word}{number}"]}]
        await registry.register({"names": names, "restricted": number % 2 == 0})

    pages = [page async for page in registry.pages({"name": word, "limit": 2})]

    assert [len(page) for page in pages] == [2, 1]


async def test_data_of_a_merged_patient_lead_to_the_survivor(registry: Any) -> None:
    source = await registry.register({"names": [{"family": name(), "given": [name()]}]})
    target = await registry.register({"names": [{"family": name(), "given": [name()]}]})
    await merged(registry, source, target)

    for body in (
        {"name": source["names"][0]["family"], "count": True},
        {"mrn": source["mrn"], "count": True},
    ):
        answer = (await registry.search(body)).json()
        assert [(item["id"], item["found_by"]) for item in answer["items"]] == [(target["id"], source["id"])]
        assert answer["total"] == 1
    (own,) = (await registry.search({"mrn": target["mrn"]})).json()["items"]
    assert "found_by" not in own


async def test_a_survivor_found_by_several_records_is_answered_once(registry: Any) -> None:
    word = name()
    people = [
        await registry.register({"names": [{"family": family, "given": [name()]}]})
        for family in (word, word + "a", word[:5] + word[6:], word + "b")
    ]
    first, second, third, other = people
    await merged(registry, third, second)
    second = (await registry.get(f"{BASE}/{second['id']}")).json()
    await merged(registry, first, second)

    for limit in (1, 2, 50):
        body = {"name": word, "typos": True, "limit": limit}
        found = [item async for page in registry.pages(body) for item in page]
        assert [(item["id"], item.get("found_by")) for item in found] == [
            (second["id"], first["id"]),
            (other["id"], None),
        ]
        assert (await registry.search(body | {"count": True})).json()["total"] == 2


async def test_a_merged_record_does_not_betray_a_restricted_survivor(
    registry: Any, officer: dict[str, str]
) -> None:
    source = await registry.register({"names": [{"family": name(), "given": [name()]}]})
    target = await registry.register({"names": [{"family": name()}]})
    await merged(registry, source, target)
    target = (await registry.get(f"{BASE}/{target['id']}")).json()
    version = {"If-Match": f'"{target["version"]}"', "Content-Type": "application/merge-patch+json"}
    hidden = await registry.client.patch(
        f"{BASE}/{target['id']}", content=b'{"restricted": true}', headers=officer | version
    )
    assert hidden.status_code == 200, hidden.text

    body = {"name": source["names"][0]["family"], "count": True}

    assert (await registry.search(body)).json() == {"items": [], "next_cursor": None} | {
        "total": 0,
        "total_is_capped": False,
    }
    seen = (await registry.search(body, **officer)).json()
    assert [item["id"] for item in seen["items"]] == [target["id"]]


async def test_a_search_is_on_record_without_its_words(registry: Any, nats_server: NatsServer) -> None:
    word = name()
    made = await registry.register({"names": [{"family": word}]})
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        await registry.search({"name": word})
        # Records of searches before this one may still be on their way.
        queried = await catcher.wait_for(
            RecordQueried, lambda e: [str(found) for found in e.data.patient_ids] == [made["id"]]
        )

    assert queried.data.rows == 1
    assert word.lower() not in str([event.body() for event in catcher.events]).lower()


async def test_a_search_that_takes_too_long_is_ended(registry: Any, settings: Any) -> None:
    password = settings.database_password.get_secret_value()
    connection = await asyncpg.connect(settings.database_url, password=password)
    try:
        async with connection.transaction():
            await connection.execute("lock table patient in access exclusive mode")
            async with asyncio.timeout(30):
                answer = await registry.search({"name": name()})
    finally:
        await connection.close()

    assert (answer.status_code, answer.json()["code"]) == (503, "search-too-broad")
    assert (await registry.search({"name": name()})).status_code == 200
