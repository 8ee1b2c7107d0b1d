"""The review list, what people decide, and what the background finds."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

API = "/api/patients/v1"
PATIENTS = f"{API}/patients"


async def connect(settings: Any) -> asyncpg.Connection:
    return await asyncpg.connect(
        settings.database_url, password=settings.database_password.get_secret_value()
    )


def like(person: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {name: part for name, part in person.items() if name != "identifiers"} | other


async def get(registry: Any, path: str, role: str = "clerk") -> Any:
    return await registry.client.get(f"{API}/matching/{path}", headers=registry.headers(role))


async def decide(registry: Any, pair: Any, verdict: str, **headers: str) -> Any:
    url = f"{API}/matching/pairs/{pair[0]}/{pair[1]}/decision"
    body = {"verdict": verdict, "reason": "looked at both papers"}
    return await registry.client.post(url, json=body, headers=registry.headers() | headers)


async def pair_of(registry: Any, patient_id: str, state: str = "open", role: str = "clerk") -> Any:
    """The only pair of the patient, once the background has found it."""
    async with asyncio.timeout(60):
        while not (
            items := (await get(registry, f"pairs?state={state}&patient_id={patient_id}", role)).json()[
                "items"
            ]
        ):
            await asyncio.sleep(0.1)
    (pair,) = items
    return pair


async def alike(registry: Any, person: dict[str, Any], **other: Any) -> tuple[str, str]:
    """Two patients that look alike and were never compared."""
    one = (await registry.post(person)).json()
    two = (await registry.post(like(person, test=True, **other))).json()
    url = f"{PATIENTS}/{two['id']}"
    headers = registry.headers() | {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    changed = await registry.client.patch(url, content=json.dumps({"test": False}), headers=headers)
    assert changed.status_code == 200
    low, high = sorted((one["id"], two["id"]))
    return low, high


async def test_who_changes_is_compared_in_the_background(registry: Any, person: dict[str, Any]) -> None:
    low, high = await alike(registry, person)

    pair = await pair_of(registry, low)
    seen = (await get(registry, f"pairs/{high}/{low}")).json()

    assert (pair["low_id"], pair["high_id"], pair["origin"]) == (low, high, "update")
    assert pair["sentence"].startswith("Family name, given name, birth date and sex agree")
    assert [patient["id"] for patient in seen["patients"]] == [low, high]


async def test_a_decision_is_kept_whatever_is_run_again(registry: Any, person: dict[str, Any]) -> None:
    pair = await alike(registry, person)
    await pair_of(registry, pair[0])

    decided = await decide(registry, pair, "different")
    run = await registry.client.post(f"{API}/matching/runs", json={}, headers=registry.headers())
    async with asyncio.timeout(60):
        while (await get(registry, f"runs/{run.json()['id']}")).json()["state"] != "done":
            await asyncio.sleep(0.2)

    after = await pair_of(registry, pair[0], "different")
    done = (await get(registry, f"runs/{run.json()['id']}")).json()
    assert (decided.status_code, run.status_code) == (200, 202)
    assert decided.json()["decided_by"] == after["decided_by"] == "clerk-1"
    assert after["reason"] == "looked at both papers"
    assert "merge_preview" not in decided.json()
    assert done["queued"] >= 2
    assert done["left"] == 0


async def test_the_same_person_is_not_merged_by_a_decision(registry: Any, person: dict[str, Any]) -> None:
    pair = await alike(registry, person)
    key = {"Idempotency-Key": uuid4().hex}

    first = await decide(registry, pair, "same", **key)
    again = await decide(registry, pair, "same", **key)
    patients = [
        (await registry.client.get(f"{PATIENTS}/{each}", headers=registry.headers())).json() for each in pair
    ]

    assert first.json()["merge_preview"] == f"{API}/merges/preview"
    assert first.json() == again.json()
    assert not any("survivor_id" in patient for patient in patients)


async def test_two_that_nobody_found_alike_can_be_told_apart_all_the_same(
    registry: Any, person: dict[str, Any]
) -> None:
    one = (await registry.post(person)).json()["id"]
    other = (await registry.post({"names": [{"family": uuid4().hex}], "birth_date": "2001-02-03"})).json()[
        "id"
    ]

    answer = await decide(registry, (one, other), "different")

    assert (answer.status_code, answer.json()["state"], answer.json()["origin"]) == (
        200,
        "different",
        "match",
    )


@pytest.mark.parametrize("ids", [("same", "same"), ("one", "nobody")])
async def test_a_pair_is_of_two_patients(registry: Any, person: dict[str, Any], ids: tuple[str, str]) -> None:
    one = (await registry.post(person)).json()["id"]
    known = {"same": one, "one": one, "nobody": str(uuid4())}

    answer = await decide(registry, [known[each] for each in ids], "same")

    assert (answer.status_code, answer.json()["code"]) == (404, "pair-not-found")


async def test_pairs_of_restricted_patients_are_for_those_who_may_see_them(
    registry: Any, person: dict[str, Any]
) -> None:
    hidden = (await registry.post(person | {"restricted": True})).json()["id"]
    open_to_all = (await registry.post(like(person))).json()["id"]

    listed = (await get(registry, f"pairs?patient_id={open_to_all}")).json()["items"]
    read = await get(registry, f"pairs/{hidden}/{open_to_all}")
    decided = await decide(registry, (hidden, open_to_all), "different")
    pair = await pair_of(registry, open_to_all, role="privacy-officer")

    assert listed == []
    assert (read.status_code, decided.status_code) == (404, 404)
    assert hidden in (pair["low_id"], pair["high_id"])


async def test_pages_of_the_review_list_have_every_pair_once_heaviest_first(
    registry: Any, person: dict[str, Any]
) -> None:
    patients = [(await registry.insist(like(person))).json()["id"] for _ in range(5)]
    seen: list[dict[str, Any]] = []
    path = f"pairs?state=different&limit=2&patient_id={patients[-1]}"
    page = (await get(registry, path)).json()
    seen += page["items"]
    while "next_cursor" in page:
        page = (await get(registry, f"{path}&cursor={page['next_cursor']}")).json()
        seen += page["items"]

    other = await get(registry, f"pairs?cursor={uuid4().hex}")
    weights = [pair["weight"] for pair in seen]
    assert len({(pair["low_id"], pair["high_id"]) for pair in seen}) == len(seen) == 4
    assert weights == sorted(weights, reverse=True)
    assert (other.status_code, other.json()["code"]) == (422, "cursor-invalid")


async def test_other_thresholds_can_be_tried_before_they_are_used(
    registry: Any, person: dict[str, Any]
) -> None:
    await registry.post(person)
    await registry.insist(like(person))

    model = (await get(registry, "model")).json()
    url, headers = f"{API}/matching/simulate", registry.headers()
    none = (await registry.client.post(url, json={}, headers=headers)).json()
    strict = (
        await registry.client.post(url, json={"ask": 0.999, "automatic": 0.9999}, headers=headers)
    ).json()
    falling = await registry.client.post(url, json={"review": 0.9, "ask": 0.1}, headers=headers)

    assert none["pairs"] >= 1
    assert none["change_side"] == 0
    assert strict["change_side"] == sum(move["pairs"] for move in strict["moves"])
    assert falling.status_code == 422
    assert {field["field"] for field in model["fields"]} >= {"family", "given", "birth_date", "identifier"}
    assert model["thresholds"]["review"] < model["thresholds"]["automatic"]


async def test_quality_is_estimated_from_decisions(registry: Any, person: dict[str, Any]) -> None:
    await registry.post(person)
    made = (await registry.insist(like(person))).json()["id"]
    pair = await pair_of(registry, made, "different")
    before = (await get(registry, "quality")).json()

    await decide(registry, (pair["low_id"], pair["high_id"]), "same")

    after = (await get(registry, "quality")).json()
    assert after["labels"]["same"] == before["labels"]["same"] + 1
    assert after["labels"]["different"] == before["labels"]["different"] - 1
    assert after["ask"]["precision"]["low"] <= after["ask"]["precision"]["value"] <= 1


async def test_a_clinician_may_look_and_not_decide(registry: Any, person: dict[str, Any]) -> None:
    pair = await alike(registry, person)
    url = f"{API}/matching/pairs/{pair[0]}/{pair[1]}/decision"
    body = {"verdict": "same", "reason": "they are"}

    looked = await get(registry, "pairs", "clinician")
    decided = await registry.client.post(url, json=body, headers=registry.headers("clinician"))
    own = await get(registry, "pairs", "patient")

    assert (looked.status_code, decided.status_code, own.status_code) == (200, 403, 403)
