"""A patient over openEHR's demographic API."""

from typing import Any
from uuid import uuid4

import pytest

PERSON = "/openehr/v1/demographic/person"


@pytest.fixture
async def registered(registry: Any) -> dict[str, Any]:
    body = {"names": [{"family": f"Zoltan {uuid4().hex}", "given": ["Ann"]}], "birth_date": "1980-02"}
    answer = await registry.post(body)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


async def test_the_current_version_is_found_by_the_patients_id(
    registry: Any, registered: dict[str, Any]
) -> None:
    answer = await registry.client.get(f"{PERSON}/{registered['id']}", headers=registry.headers())

    uid = f"{registered['id']}::openward.patients::1"
    assert answer.status_code == 200
    assert answer.headers["etag"] == f'"{uid}"'
    assert (answer.json()["_type"], answer.json()["uid"]["value"]) == ("PERSON", uid)


async def test_a_former_version_is_found_by_its_uid(registry: Any, registered: dict[str, Any]) -> None:
    url = f"/api/patients/v1/patients/{registered['id']}"
    changed = await registry.client.patch(
        url,
        json={"gender": "female"},
        headers=registry.headers() | {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"},
    )
    assert changed.status_code == 200

    first, second = [
        await registry.client.get(
            f"{PERSON}/{registered['id']}::openward.patients::{number}", headers=registry.headers()
        )
        for number in (1, 2)
    ]

    assert [sex(first.json()), sex(second.json())] == ["unknown", "female"]


async def test_who_has_the_version_gets_it_no_second_time(registry: Any, registered: dict[str, Any]) -> None:
    headers = registry.headers() | {"If-None-Match": f'"{registered["id"]}::openward.patients::1"'}

    answer = await registry.client.get(f"{PERSON}/{registered['id']}", headers=headers)

    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize(
    "uid",
    [
        "nobody",
        "23e3aa57-58ad-45fe-b2d2-1571ecdcd4e7",
        "{id}::elsewhere::1",
        "{id}::openward.patients::9",
    ],
)
async def test_what_names_no_version_is_not_found(
    registry: Any, registered: dict[str, Any], uid: str
) -> None:
    answer = await registry.client.get(
        f"{PERSON}/{uid.format(id=registered['id'])}", headers=registry.headers()
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "patient-not-found")


async def test_ehrbases_base_answers_the_same(registry: Any, registered: dict[str, Any]) -> None:
    path = f"/demographic/person/{registered['id']}"
    one, other = [
        await registry.client.get(f"{base}{path}", headers=registry.headers())
        for base in ("/openehr/v1", "/ehrbase/rest/openehr/v1")
    ]

    assert one.json() == other.json()


async def test_only_json_is_answered(registry: Any, registered: dict[str, Any]) -> None:
    answer = await registry.client.get(
        f"{PERSON}/{registered['id']}", headers=registry.headers() | {"Accept": "application/xml"}
    )

    assert answer.status_code == 406


def sex(person: dict[str, Any]) -> str:
    values = [each["value"]["value"] for each in person["details"]["items"] if each["name"]["value"] == "Sex"]
    return str(values[0])
