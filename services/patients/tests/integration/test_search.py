"""What finds a patient, and what is said about why."""

import secrets
from typing import Any
from uuid import uuid4

import pytest


def name() -> str:
    """A word that nobody is called, and none a letter away from another."""
    return "".join(secrets.choice("bdfgklmnprst") + secrets.choice("aeiou") for _ in range(6)).title()


def exchanged(word: str) -> str:
    """The word with two neighbours exchanged."""
    return f"{word[:3]}{word[4]}{word[3]}{word[5:]}"


async def found(registry: Any, body: dict[str, Any]) -> dict[str, Any]:
    """The items by id."""
    answer = await registry.search(body)
    assert answer.status_code == 200, answer.text
    return {item["id"]: item for item in answer.json()["items"]}


def reasons(item: dict[str, Any]) -> set[tuple[str, str, bool]]:
    return {(reason["field"], reason["how"], reason["former"]) for reason in item["reasons"]}


@pytest.fixture(scope="module")
async def mueller(registry: Any) -> dict[str, Any]:
    """Somebody with one of everything, and the body of their registration."""
    body = {
        "names": [
            {"family": f"Mü{name()}", "given": [name(), f"Zoë{name()}"]},
            {"use": "maiden", "family": name(), "given": [name()]},
        ],
        "gender": "female",
        "birth_date": "1980-02-29",
        "identifiers": [{"system": "urn:example:nat", "value": f"AB-{uuid4().hex}"}],
        "telecoms": [
            {"system": "phone", "value": f"+4930{10**6 + secrets.randbelow(9 * 10**6)}"},
            {"system": "email", "value": f"{name()}@example.org"},
        ],
        "addresses": [
            {"line": ["12 Main Street"], "city": f"Bad {name()}", "postal_code": "SW1A 1AA", "country": "GB"}
        ],
        "mothers_maiden_name": f"O'{name()}",
    }
    made = await registry.register(body)
    return body | {"id": made["id"], "mrn": made["mrn"]}


async def test_an_identifier_finds_its_patient_in_its_system_or_any(
    registry: Any, mueller: dict[str, Any]
) -> None:
    identifier = mueller["identifiers"][0]
    value = identifier["value"].lower().replace("-", " ")

    for wanted in (identifier, {"value": value}):
        answer = await registry.search({"identifier": wanted})
        (item,) = answer.json()["items"]
        assert item["id"] == mueller["id"]
        assert item["reasons"] == [{"field": "identifier", "how": "exact", "former": False}]
    nobody = await registry.search({"identifier": {"system": "urn:example:other", "value": value}})
    assert nobody.json() == {"items": [], "next_cursor": None}


async def test_a_medical_record_number_finds_its_patient(registry: Any, mueller: dict[str, Any]) -> None:
    for body in ({"mrn": mueller["mrn"]}, {"identifier": {"value": mueller["mrn"]}}):
        (item,) = (await found(registry, body)).values()
        assert item["id"] == mueller["id"]
        assert reasons(item) == {("mrn", "exact", False)}


async def test_words_are_found_in_any_order_spelling_and_length(
    registry: Any, mueller: dict[str, Any]
) -> None:
    family, (first, second) = mueller["names"][0]["family"], mueller["names"][0]["given"]
    plain = family.replace("ü", "U").upper()

    for words in (
        family,
        plain,
        family[:8],
        f"{family} {first}",
        f"{first} {family}",
        f"{first[:6]} {plain[:6]}",
        f"{second} {first} {family}",
        f"{first} {second}",
        f"{second} {first}",
        second.replace("ë", "e").lower(),
    ):
        assert mueller["id"] in await found(registry, {"name": words}), words


@pytest.mark.parametrize(
    "words",
    [
        "van der Xylberg",
        "xylberg van der",
        "Jaap van der Xylb",
        "van der Xylberg Jaap",
        "der Xylberg",
        "Xylberg J",
    ],
)
async def test_a_family_name_of_several_words_is_found_by_any_of_them(registry: Any, words: str) -> None:
    made = await registry.register({"names": [{"family": "van der Xylberg", "given": ["Jaap"]}]})

    assert made["id"] in await found(registry, {"name": words, "limit": 100})


@pytest.mark.parametrize(
    ("family", "typed"),
    [
        ("Шостаксон", "shostakson"),
        ("王小明", "wang"),
        ("Þórsdóttir", "thorsdottir"),
        ("Xenákis-Łódź", "lodz"),
    ],
)
async def test_names_of_other_scripts_are_found_in_letters(registry: Any, family: str, typed: str) -> None:
    made = await registry.register({"names": [{"family": family}]})

    by_letters = await found(registry, {"name": typed, "limit": 100, "typos": True})
    by_itself = await found(registry, {"name": family, "limit": 100})

    assert made["id"] in by_itself
    assert (made["id"] in by_letters) or family == "王小明"


async def test_one_typo_in_each_name_is_forgiven_and_said(registry: Any, mueller: dict[str, Any]) -> None:
    family, given = mueller["names"][0]["family"], mueller["names"][0]["given"][0]
    wrong = {"family": exchanged(family), "given": exchanged(given)}

    for body in (wrong, {"name": f"{wrong['given']} {wrong['family']}"}):
        items = await found(registry, body)
        assert reasons(items[mueller["id"]]) == {("family", "typo", False), ("given", "typo", False)}
    mixed = await found(registry, {"family": wrong["family"], "given": given[:5]})
    assert reasons(mixed[mueller["id"]]) == {("family", "typo", False), ("given", "prefix", False)}
    assert mueller["id"] not in await found(registry, wrong | {"typos": False})


async def test_a_former_name_finds_the_patient_and_is_told_from_a_current_one(
    registry: Any, mueller: dict[str, Any]
) -> None:
    maiden = mueller["names"][1]

    items = await found(registry, {"name": f"{maiden['given'][0]} {maiden['family']}"})

    assert reasons(items[mueller["id"]]) == {("family", "exact", True), ("given", "exact", True)}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("birth_date", lambda _: "1980-02-29"),
        ("birth_date", lambda _: "1980-02"),
        ("birth_date", lambda _: "1980"),
        ("phone", lambda body: body["telecoms"][0]["value"]),
        ("email", lambda body: body["telecoms"][1]["value"].upper()),
        ("postal_code", lambda _: "sw1a"),
        ("city", lambda body: body["addresses"][0]["city"][:7].lower()),
        ("line", lambda _: "12 Main St"),
        ("country", lambda _: "gb"),
        ("address", lambda body: body["addresses"][0]["city"]),
        ("mothers_maiden_name", lambda body: body["mothers_maiden_name"][:8]),
        ("gender", lambda _: "female"),
    ],
)
async def test_everything_else_narrows_a_search(
    registry: Any, mueller: dict[str, Any], field: str, change: Any
) -> None:
    named = {"family": mueller["names"][0]["family"]}
    other = {"birth_date": "1981", "gender": "male", "phone": "+4930111222", "email": "no@example.org"}

    yes = await found(registry, named | {field: change(mueller)})
    no = await found(registry, named | {field: other.get(field, "Elsewhere")})

    assert mueller["id"] in yes
    assert field in {reason["field"] for reason in yes[mueller["id"]]["reasons"]}
    assert no == {}


async def test_a_phone_an_address_or_a_birth_date_with_anything_finds_by_itself(
    registry: Any, mueller: dict[str, Any]
) -> None:
    for body in (
        {"phone": mueller["telecoms"][0]["value"]},
        {"email": mueller["telecoms"][1]["value"]},
        {"mothers_maiden_name": mueller["mothers_maiden_name"]},
        {"birth_date": "1980-02-29", "city": mueller["addresses"][0]["city"]},
    ):
        assert list(await found(registry, body)) == [mueller["id"]], body


async def test_exact_names_come_before_beginnings_and_those_before_typos(registry: Any) -> None:
    word = name()
    longer, typo, exact = word + "son", exchanged(word), word
    made = [(await registry.register({"names": [{"family": f}]}))["id"] for f in (longer, typo, exact)]

    items = list((await found(registry, {"name": word})).values())

    assert [item["id"] for item in items] == [made[2], made[0], made[1]]
    assert [item["rank"] for item in items] == sorted(item["rank"] for item in items)


async def test_inactive_patients_are_found_only_when_asked_for(registry: Any) -> None:
    word = name()
    made = (
        await registry.register({"names": [{"family": word, "given": ["Ex"]}], "active": False, "test": True})
    )["id"]
    other = (await registry.register({"names": [{"family": word}]}))["id"]

    assert set(await found(registry, {"name": word})) == {other}
    assert set(await found(registry, {"name": word, "active": False})) == {made}
    both = await found(registry, {"name": word, "active": "any"})
    assert set(both) == {made, other}
    assert (both[made]["test"], both[other]["test"]) == (True, False)


async def test_totals_are_said_when_asked_for(registry: Any) -> None:
    word = name()
    for number in range(3):
        await registry.register({"names": [{"family": word, "given": [word, f"{word}{number}"]}]})

    counted = (await registry.search({"name": word, "count": True, "limit": 2})).json()

    assert (counted["total"], counted["total_is_capped"], len(counted["items"])) == (3, False, 2)
    assert "total" not in (await registry.search({"name": word})).json()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "z"}, "search-too-short"),
        ({"name": "%%"}, "search-too-short"),
        ({}, "search-too-short"),
        ({"city": "London"}, "search-too-short"),
        ({"birth_date": "1980-01-01"}, "search-too-short"),
        ({"birth_date": "1980", "gender": "female"}, "search-too-short"),
        ({"phone": "zero"}, "search-term-invalid"),
        ({"name": "zoe", "cursor": "forged"}, "cursor-invalid"),
        ({"name": "zoe", "limit": 101}, "invalid-request"),
        ({"name": "zoe", "nick": "z"}, "invalid-request"),
        ({"name": "zoe", "birth_date": "1980-02-30"}, "invalid-request"),
    ],
)
async def test_a_search_that_cannot_be_is_refused(registry: Any, body: Any, code: str) -> None:
    answer = await registry.search(body)

    assert answer.status_code == 422
    assert answer.json()["code"] == code


@pytest.mark.parametrize("text", ["zo%", "zo_", "zo'; drop table patient; --", "zo\\", "$1", "zo${}"])
async def test_signs_of_a_query_language_are_text(registry: Any, text: str) -> None:
    for field in ("name", "family", "given", "city", "mothers_maiden_name"):
        answer = await registry.search({"email": "nobody@example.org", field: text})
        assert answer.status_code == 200
        assert answer.json()["items"] == []
