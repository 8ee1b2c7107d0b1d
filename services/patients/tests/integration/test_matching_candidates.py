"""A record in, candidates out: `$match`."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest

MATCH = "/api/patients/v1/patients/$match"


async def match(registry: Any, record: Any, role: str = "clerk", **asked: Any) -> Any:
    body = {"record": record} | asked
    return await registry.client.post(MATCH, json=body, headers=registry.headers(role))


def like(person: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {name: part for name, part in person.items() if name != "identifiers"} | other


async def connect(settings: Any) -> asyncpg.Connection:
    return await asyncpg.connect(
        settings.database_url, password=settings.database_password.get_secret_value()
    )


async def test_candidates_come_best_first_with_their_evidence_and_nothing_is_stored(
    registry: Any, settings: Any, person: dict[str, Any]
) -> None:
    name = person["names"][0]
    near = person | {"names": [name | {"family": name["family"] + "x"}], "identifiers": []}
    known = (await registry.post(person)).json()["id"]
    other = (await registry.insist(near)).json()["id"]
    connection = await connect(settings)
    before = await connection.fetchval("select count(*) from patient")

    answer = (await match(registry, person)).json()
    one = (await match(registry, person, count=1)).json()

    after = await connection.fetchval("select count(*) from patient")
    await connection.close()
    assert [candidate["patient"]["id"] for candidate in answer["candidates"]] == [known, other]
    assert [candidate["patient"]["id"] for candidate in one["candidates"]] == [known]
    assert answer["candidates"][0]["probability"] > 0.99
    assert not answer["truncated"]
    assert before == after


async def test_a_name_and_a_birth_date_alone_are_never_certain(registry: Any, person: dict[str, Any]) -> None:
    await registry.post(person)

    probable = (await match(registry, like(person))).json()["candidates"]
    certain = (await match(registry, like(person), only_certain=True)).json()["candidates"]

    assert [candidate["grade"] for candidate in probable] == ["probable"]
    assert certain == []


async def test_an_identifier_with_name_and_birth_date_is_certain(
    registry: Any, person: dict[str, Any]
) -> None:
    known = (await registry.post(person)).json()["id"]

    certain = (await match(registry, person, only_certain=True)).json()["candidates"]

    assert [(candidate["patient"]["id"], candidate["grade"]) for candidate in certain] == [(known, "certain")]


async def test_restricted_patients_are_candidates_for_those_who_may_see_them(
    registry: Any, person: dict[str, Any]
) -> None:
    hidden = (await registry.post(person | {"restricted": True})).json()["id"]

    clerk = (await match(registry, like(person))).json()["candidates"]
    privacy = (await match(registry, like(person), "privacy-officer")).json()["candidates"]

    assert clerk == []
    assert [candidate["patient"]["id"] for candidate in privacy] == [hidden]


@pytest.mark.parametrize(
    "part",
    [
        {"telecoms": [{"system": "phone", "value": "+442079460123"}]},
        {"telecoms": [{"system": "email", "value": "Somebody@Example.org"}]},
    ],
    ids=["phone", "email"],
)
async def test_a_way_to_reach_somebody_finds_them_under_another_name(
    registry: Any, person: dict[str, Any], part: dict[str, Any]
) -> None:
    known = (await registry.insist(person | part)).json()["id"]
    married = [person["names"][0] | {"family": uuid4().hex}]

    found = (await match(registry, like(person, names=married, **part))).json()["candidates"]

    assert known in [candidate["patient"]["id"] for candidate in found]


async def test_who_was_merged_away_leads_to_the_survivor(
    registry: Any, settings: Any, person: dict[str, Any]
) -> None:
    source = (await registry.post(person)).json()["id"]
    married = [person["names"][0] | {"family": uuid4().hex, "given": [uuid4().hex]}]
    target = (await registry.insist(like(person, names=married, birth_date="1999-09-09"))).json()["id"]
    connection = await connect(settings)
    await connection.execute(
        "update patient set survivor_id = $2, matchable = false where id = $1", source, target
    )
    await connection.close()

    found = (await match(registry, like(person))).json()["candidates"]

    assert [candidate["patient"]["id"] for candidate in found] == [target]
