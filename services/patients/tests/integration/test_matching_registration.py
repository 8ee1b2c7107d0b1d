"""Nobody is registered twice: what the desk is told, and what it can do about it."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

CONFIRMED = "?confirm=duplicates"
WHY = {"Change-Reason": "their passports differ"}


async def post(registry: Any, body: Any, query: str = "", role: str = "clerk", **headers: str) -> Any:
    url = f"/api/patients/v1/patients{query}"
    return await registry.client.post(url, json=body, headers=registry.headers(role) | headers)


def like(person: dict[str, Any], **other: Any) -> dict[str, Any]:
    """The same person, without the identifier that tells it beyond doubt."""
    return {name: part for name, part in person.items() if name != "identifiers"} | other


async def pairs(settings: Any, patient_id: str) -> list[asyncpg.Record]:
    password = settings.database_password.get_secret_value()
    connection = await asyncpg.connect(settings.database_url, password=password)
    try:
        return await connection.fetch(
            "select *, decided_by ->> 'sub' as sub from match_pair where $1::uuid in (low_id, high_id)",
            patient_id,
        )
    finally:
        await connection.close()


async def test_who_is_registered_is_shown_field_by_field_and_without_values(
    registry: Any, person: dict[str, Any]
) -> None:
    known = (await registry.post(person)).json()

    refused = await post(registry, like(person, gender="male"))

    problem = refused.json()
    (candidate,) = problem["candidates"]
    fields = {field["field"]: field for field in candidate["fields"]}
    assert (refused.status_code, problem["code"], problem["truncated"]) == (409, "possible-duplicate", False)
    assert (candidate["patient_id"], candidate["mrn"], candidate["grade"]) == (
        known["id"],
        known["mrn"],
        "probable",
    )
    assert {name: fields[name]["level"] for name in ("family", "given", "birth_date", "gender", "phone")} == {
        "family": "agree",
        "given": "agree",
        "birth_date": "agree",
        "gender": "disagree",
        "phone": "missing",
    }
    assert candidate["weight"] == pytest.approx(sum(f["weight"] for f in candidate["fields"]), abs=0.1)
    assert candidate["sentence"].startswith("Family name, given name and birth date agree")
    told = [person["birth_date"], person["names"][0]["family"].removeprefix("O'").lower()]
    assert not any(value in refused.text.lower() for value in told)


async def test_who_was_told_of_a_likeness_is_on_record(
    registry: Any, settings: Any, person: dict[str, Any]
) -> None:
    known = (await registry.post(person)).json()["id"]

    await post(registry, like(person))

    connection = await asyncpg.connect(
        settings.database_url, password=settings.database_password.get_secret_value()
    )
    said = await connection.fetch(
        "select convert_from(payload, 'utf8') as text"
        " from (select subject, payload from outbox_event"
        " union all select subject, payload from outbox_sent) e where subject like 'access.record.queried%'"
    )
    await connection.close()
    assert any(known in record["text"] for record in said)


async def test_who_looks_alike_is_registered_with_a_reason_and_the_decision_is_kept(
    registry: Any, settings: Any, person: dict[str, Any]
) -> None:
    known = (await registry.post(person)).json()

    without = await post(registry, like(person), CONFIRMED)
    made = await post(registry, like(person), CONFIRMED, **WHY)

    (pair,) = await pairs(settings, made.json()["id"])
    assert (without.status_code, without.json()["code"]) == (422, "reason-required")
    assert made.status_code == 201
    assert {str(pair["low_id"]), str(pair["high_id"])} == {known["id"], made.json()["id"]}
    assert (pair["state"], pair["reason"], pair["sub"]) == ("different", WHY["Change-Reason"], "clerk-1")


@pytest.mark.parametrize(
    "change",
    [
        lambda name: {"names": [{"family": name["family"] + "s", "given": [name["given"][0] + "s"]}]},
        lambda name: {"names": [{"family": name["given"][0], "given": [name["family"]]}]},
        lambda name: {"names": [{"family": name["family"][:-1], "given": name["given"]}], "birth_date": None},
        lambda name: {"names": [{"family": "Else", "given": name["given"]}, name | {"use": "old"}]},
    ],
    ids=["misspelt", "names-exchanged", "birth-date-unknown", "married"],
)
async def test_other_spellings_do_not_hide_a_person(
    registry: Any, person: dict[str, Any], change: Any
) -> None:
    await registry.post(person)

    refused = await post(registry, like(person, **change(person["names"][0])))

    assert (refused.status_code, refused.json()["code"]) == (409, "possible-duplicate")


@pytest.mark.parametrize("day", ["1974-05-12", "1974-12-04", "1975-12-05", "1974-12", "1974"])
async def test_a_birth_date_may_be_written_wrongly_or_in_part(
    registry: Any, person: dict[str, Any], day: str
) -> None:
    name = [{"family": uuid4().hex, "given": [uuid4().hex]}]
    person = person | {"names": name}
    await registry.post(person | {"birth_date": "1974-12-05"})

    refused = await post(registry, like(person, birth_date=day))

    assert (refused.status_code, refused.json()["code"]) == (409, "possible-duplicate")


@pytest.mark.parametrize("kept_out", ["test", "unidentified", "newborn"])
async def test_what_is_no_known_person_finds_nobody_and_is_not_found(
    registry: Any, person: dict[str, Any], kept_out: str
) -> None:
    first = await post(registry, person | {kept_out: True})
    second = await post(registry, like(person))
    third = await post(registry, like(person, **{kept_out: True}))

    assert [answer.status_code for answer in (first, second, third)] == [201, 201, 201]


async def test_a_restricted_patient_is_not_given_away_but_the_pair_waits_for_those_who_may_see(
    registry: Any, settings: Any, person: dict[str, Any]
) -> None:
    hidden = (await registry.post(person | {"restricted": True})).json()

    made = await post(registry, like(person))

    (pair,) = await pairs(settings, made.json()["id"])
    assert made.status_code == 201
    assert {str(pair["low_id"]), str(pair["high_id"])} == {hidden["id"], made.json()["id"]}
    assert pair["state"] == "open"


async def test_of_fifty_who_register_one_person_at_once_one_succeeds(
    registry: Any, person: dict[str, Any]
) -> None:
    answers = await asyncio.gather(*(post(registry, like(person)) for _ in range(50)))

    codes = [answer.json().get("code") for answer in answers if answer.status_code != 201]
    assert [answer.status_code for answer in answers].count(201) == 1
    assert codes == ["possible-duplicate"] * 49
    assert all(len(answer.json()["candidates"]) == 1 for answer in answers if answer.status_code == 409)


async def test_namesakes_that_were_told_apart_do_not_keep_out_the_next(
    registry: Any, person: dict[str, Any]
) -> None:
    await registry.post(person)
    twins = [await post(registry, like(person), CONFIRMED, **WHY) for _ in range(3)]

    assert [twin.status_code for twin in twins] == [201] * 3


async def test_a_repeated_registration_is_no_duplicate_of_itself(
    registry: Any, settings: Any, person: dict[str, Any]
) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    first = await post(registry, like(person), **key)
    connection = await asyncpg.connect(
        settings.database_url, password=settings.database_password.get_secret_value()
    )
    await connection.execute("delete from idempotency_key")
    await connection.close()

    again = await post(registry, like(person), **key)

    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
