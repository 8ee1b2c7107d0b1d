"""Pages of a search: everybody once, whatever is registered meanwhile and however many names they have."""

import asyncio
import random
import secrets
from typing import Any

import pytest

BASE = "/api/patients/v1/patients"


def name() -> str:
    """A word that nobody is called."""
    return "".join(secrets.choice("bdfgklmnprst") + secrets.choice("aeiou") for _ in range(6)).title()


def exchanged(word: str) -> str:
    return f"{word[:3]}{word[4]}{word[3]}{word[5:]}"


async def test_everybody_is_answered_once_in_the_order_of_names(registry: Any) -> None:
    family = name()
    for number in range(7):
        await registry.register({"names": [{"family": f"{family} {number}", "given": [family]}]})

    pages = [page async for page in registry.pages({"name": family, "limit": 3})]

    assert [item["names"][0]["family"] for page in pages for item in page] == [
        f"{family} {number}" for number in range(7)
    ]
    assert [len(page) for page in pages] == [3, 3, 1]


async def test_a_patient_of_many_names_takes_one_place_of_a_page(registry: Any) -> None:
    word = name()
    names = [{"family": f"{word}{letter}", "given": [word, f"{word}x", f"{word}y"]} for letter in "abcdefgh"]
    many = (await registry.register({"names": names}))["id"]
    others = [(await registry.register({"names": [{"family": word + "z" * n}]}))["id"] for n in (1, 2, 3)]

    pages = [page async for page in registry.pages({"name": word, "limit": 2})]

    assert [len(page) for page in pages] == [2, 2]
    assert [item["id"] for page in pages for item in page] == [many, *others]


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_pages_go_on_from_names_as_typed_to_typos(registry: Any, limit: int) -> None:
    word = name()
    families = [word, word + "s", word + "son", exchanged(word), word[:4] + word[5:], word[1:]]
    people = [(await registry.register({"names": [{"family": f, "given": [word]}]}))["id"] for f in families]

    for body in ({"family": word}, {"family": word, "given": word}, {"name": f"{word} {word}"}):
        pages = [page async for page in registry.pages(body | {"limit": limit, "typos": True})]
        ids = [item["id"] for page in pages for item in page]
        assert sorted(ids) == sorted(people)
        assert ids[0] == people[0]
        assert set(ids[:3]) == set(people[:3])
        assert all(len(page) == limit for page in pages[:-1])


async def test_typos_are_left_out_where_the_words_as_typed_fill_a_page(registry: Any) -> None:
    word = name()
    for family in (word, word + "s", exchanged(word)):
        await registry.register({"names": [{"family": family}]})

    assert len([page async for page in registry.pages({"name": word, "limit": 2})]) == 1
    assert [len(page) async for page in registry.pages({"name": word, "limit": 3})] == [3]


async def test_who_was_there_is_found_whoever_is_registered_meanwhile(registry: Any) -> None:
    family = name()
    there = set()
    for number in range(12):
        body = {"names": [{"family": family, "given": [f"{name()}{number}"]}, {"family": f"{family}by"}]}
        there.add((await registry.register(body))["id"])

    async def come() -> None:
        for _ in range(12):
            await registry.register({"names": [{"family": family, "given": [name()]}]})

    async def look() -> list[str]:
        return [item["id"] async for page in registry.pages({"name": family, "limit": 2}) for item in page]

    coming = asyncio.create_task(come())
    looks = await asyncio.gather(*(look() for _ in range(3)))
    await coming

    for ids in looks:
        assert there <= set(ids)
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("seed", range(8))
async def test_pages_of_any_size_hold_what_one_page_holds(registry: Any, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  to be repeated
    base = name().lower()[:5]
    words = [base + rng.choice("abc") + rng.choice("abc") for _ in range(4)]
    for _ in range(10):
        names = [
            {"family": rng.choice(words), "given": rng.sample(words, 2)} for _ in range(rng.choice((1, 2)))
        ]
        await registry.register({"names": names, "gender": rng.choice(("male", "female"))})

    for body in (
        {"name": rng.choice(words)},
        {"name": " ".join(rng.sample(words, 2))},
        {"name": " ".join(rng.sample(words, 3))},
        {"given": " ".join(rng.sample(words, 2)), "gender": "male"},
        {"family": base, "given": rng.choice(words)[:6]},
    ):
        wanted: dict[str, Any] = {**body, "typos": rng.choice((True, False))}
        (whole,) = [page async for page in registry.pages(wanted | {"limit": 100})]
        ids = [item["id"] async for page in registry.pages(wanted | {"limit": 3}) for item in page]
        counted = (await registry.search(wanted | {"limit": 3, "count": True})).json()
        assert sorted(ids) == sorted({item["id"] for item in whole})
        assert (counted["total"], counted["total_is_capped"]) == (len(whole), False)


async def test_a_cursor_is_good_for_its_search_and_its_caller(registry: Any) -> None:
    word = name()
    for number in range(3):
        await registry.register({"names": [{"family": word, "given": [f"{word}{number}"]}]})
    cursor = (await registry.search({"name": word, "limit": 1})).json()["next_cursor"]

    other_caller = registry.headers("clinician")
    for body, headers in (
        ({"name": word[:5], "cursor": cursor}, {}),
        ({"name": word, "gender": "male", "cursor": cursor}, {}),
        ({"name": word, "cursor": cursor[:-1] + ("A" if cursor[-1] != "A" else "B")}, {}),
        ({"name": word, "cursor": cursor}, other_caller),
    ):
        answer = await registry.search(body, **headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor-invalid")
    assert len((await registry.search({"name": word, "limit": 5, "cursor": cursor})).json()["items"]) == 2


async def test_patients_are_listed_in_the_order_of_their_registration(registry: Any) -> None:
    people = [await registry.register({"names": [{"family": name()}], "test": True}) for _ in range(5)]
    since = people[0]["created_at"]

    ids, cursor = [], None
    while True:
        query: dict[str, Any] = {"test": True, "registered_since": since, "limit": 2}
        query |= {"cursor": cursor} if cursor else {}
        page = (await registry.client.get(BASE, params=query, headers=registry.headers())).json()
        ids += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    wanted = [person["id"] for person in people]
    assert [found for found in ids if found in wanted[1:]] == wanted[1:]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "query", ["name=smith", "family=smith", "birth_date=1980-01-01", "limit=0", "active=x"]
)
async def test_nothing_that_identifies_is_taken_in_a_url(registry: Any, query: str) -> None:
    answer = await registry.client.get(f"{BASE}?{query}", headers=registry.headers())

    assert answer.status_code == 422
    assert "smith" not in answer.text


@pytest.mark.parametrize(
    ("moment", "status"), [("2000-01-01T00:00:00+16:00", 200), ("0001-01-01T00:00:00+14:00", 422)]
)
async def test_a_time_of_any_zone_is_understood_or_refused(registry: Any, moment: str, status: int) -> None:
    answer = await registry.client.get(
        "/api/patients/v1/patients", params={"registered_since": moment}, headers=registry.headers()
    )

    assert answer.status_code == status
