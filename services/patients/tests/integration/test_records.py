"""Whole records: what is kept, how it changes, and who may know of it."""

from typing import Any
from uuid import uuid4

import pytest
from patients.domain.mrn import is_mrn

BASE = "/api/patients/v1"

FULL: dict[str, Any] = {
    "names": [
        {
            "use": "official",
            "family": "van der Berg",
            "given": ["Ibn", "毛"],
            "prefix": ["Dr."],
            "suffix": ["jr."],
        },
        {"use": "maiden", "family": "D'Arcy", "period": {"end": "2001-05"}},
        {"use": "nickname", "given": ["É"]},
    ],
    "gender": "female",
    "gender_identity": {"system": "http://snomed.info/sct", "code": "446151000124109", "display": "Male"},
    "birth_date": "1970-03",
    "multiple_birth": 2,
    "deceased": True,
    "deceased_at": "2020-01-02T03:04:05+01:00",
    "telecoms": [
        {"system": "phone", "value": "+44 20 7946 0958", "use": "home", "rank": 1},
        {"system": "email", "value": "somebody@example.org"},
    ],
    "addresses": [
        {
            "use": "home",
            "type": "physical",
            "line": ["Keizersgracht 1", "2e verdieping"],
            "city": "Amsterdam",
            "postal_code": "1015 CJ",
            "country": "NL",
            "period": {"start": "2010"},
        }
    ],
    "contacts": [
        {
            "relationship": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/v2-0131",
                    "code": "N",
                    "display": "Next-of-kin",
                }
            ],
            "name": {"use": "official", "given": ["Mo"]},
            "telecoms": [{"system": "phone", "value": "+31201234567"}],
        }
    ],
    "communications": [{"language": "nl-NL", "preferred": True}],
    "general_practitioners": [{"display": "A practice"}],
    "mothers_maiden_name": "Ørsted",
    "active": True,
}


def whole(identifier: str) -> dict[str, Any]:
    return FULL | {
        "identifiers": [{"system": "urn:example:national", "value": identifier, "use": "official"}]
    }


async def change(registry: Any, made: Any, body: Any, method: str = "PATCH", **more: Any) -> Any:
    headers = registry.headers() | {"If-Match": made.headers["etag"]} | more.pop("headers", {})
    return await registry.client.request(method, made.headers["location"], json=body, headers=headers, **more)


async def test_everything_that_is_said_is_kept(registry: Any) -> None:
    record = whole(uuid4().hex)
    made = await registry.post(record)

    read = await registry.client.get(made.headers["location"], headers=registry.headers())

    assert made.status_code == 201, made.text
    kept = {name: value for name, value in read.json().items() if name in record}
    expected = record | {
        "telecoms": [record["telecoms"][0] | {"value": "+442079460958"}, record["telecoms"][1]]
    }
    assert kept == expected
    assert is_mrn(read.json()["mrn"])


async def test_put_replaces_the_whole_record(registry: Any, person: dict[str, Any]) -> None:
    made = await registry.post(person | {"addresses": FULL["addresses"]})

    replaced = await change(registry, made, person, "PUT")
    bare = await registry.client.put(made.headers["location"], json=person, headers=registry.headers())

    assert replaced.status_code == 200
    assert "addresses" not in replaced.json()
    assert replaced.headers["etag"] == '"2"'
    assert bare.status_code == 428


async def test_a_version_that_is_known_is_not_sent_again(registry: Any, person: dict[str, Any]) -> None:
    made = await registry.post(person)

    known = {"If-None-Match": made.headers["etag"]}
    read = await registry.client.get(made.headers["location"], headers=registry.headers() | known)

    assert (read.status_code, read.content) == (304, b"")


async def test_history_says_who_changed_which_field_when_and_why(
    registry: Any, person: dict[str, Any]
) -> None:
    made = await registry.post(person)
    why = {"Change-Reason": "asked%20at%20the%20desk%20%E2%9C%93"}
    await change(registry, made, {"gender": "other", "mothers_maiden_name": "Eide"}, headers=why)

    versions = (
        await registry.client.get(f"{made.headers['location']}/history", headers=registry.headers())
    ).json()

    assert [version["version"] for version in versions] == [2, 1]
    assert versions[0]["by"] == "clerk-1"
    assert versions[0]["reason"] == "asked at the desk ✓"
    assert versions[0]["changed"] == [
        {"field": "gender", "before": "female", "after": "other"},
        {"field": "mothers_maiden_name", "before": None, "after": "Eide"},
    ]


async def test_the_record_can_be_read_as_it_was(registry: Any, person: dict[str, Any]) -> None:
    made = await registry.post(person)
    changed = await change(registry, made, {"gender": "other"})
    path, headers = f"{made.headers['location']}/as-of", registry.headers()

    async def at(moment: str) -> Any:
        return await registry.client.get(path, params={"at": moment}, headers=headers)

    assert (await at(made.json()["updated_at"])).json()["gender"] == "female"
    assert (await at(changed.json()["updated_at"])).json()["gender"] == "other"
    assert (await at("2001-01-01T00:00:00Z")).status_code == 404
    assert (await at("2001-01-01T00:00:00")).status_code == 400


async def test_a_change_that_makes_somebody_else_needs_a_second_look(
    registry: Any, person: dict[str, Any]
) -> None:
    made = await registry.post(person)
    other = {"names": [{"family": "Quite", "given": ["Different"]}], "birth_date": "2001-01-02"}

    refused = await change(registry, made, other)
    without_reason = await change(registry, made, other, params={"confirm": "overlay"})
    confirmed = await change(
        registry, made, other, params={"confirm": "overlay"}, headers={"Change-Reason": "wrong sheet"}
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "overlay-suspected")
    assert {error["pointer"] for error in refused.json()["errors"]} == {"/names", "/birth_date"}
    assert (without_reason.status_code, without_reason.json()["code"]) == (422, "reason-required")
    assert confirmed.status_code == 200


async def test_a_restricted_patient_is_not_there_for_those_without_the_right(
    registry: Any, person: dict[str, Any]
) -> None:
    made = await registry.post(person)
    officer = registry.headers("privacy-officer") | {"If-Match": made.headers["etag"]}
    restricted = await registry.client.patch(
        made.headers["location"], json={"restricted": True}, headers=officer
    )
    nobody = f"{BASE}/patients/{uuid4()}"

    for path in (made.headers["location"], nobody):
        answer = await registry.client.get(path, headers=registry.headers())
        assert (answer.status_code, answer.json()["code"]) == (404, "patient-not-found")
    seen = await registry.client.get(made.headers["location"], headers=registry.headers("privacy-officer"))
    assert (restricted.status_code, seen.status_code) == (200, 200)


async def test_an_identifier_keeps_the_rules_of_its_domain(registry: Any, person: dict[str, Any]) -> None:
    admin = registry.headers("admin", "user/Organization.rus")
    system = f"urn:example:nhs:{uuid4()}"
    domain = {"system": system, "name": "NHS number", "type_code": "NH", "check_rule": "gb.nhs"}
    name = f"nhs-{uuid4()}"
    made = await registry.client.put(f"{BASE}/domains/{name}", json=domain, headers=admin)
    again = await registry.client.put(f"{BASE}/domains/{name}", json=domain, headers=admin)
    stale = await registry.client.put(
        f"{BASE}/domains/{name}", json=domain, headers=admin | {"If-Match": '"7"'}
    )

    wrong = await registry.post(person | {"identifiers": [{"system": system, "value": "943 476 5918"}]})
    right = await registry.post(person | {"identifiers": [{"system": system, "value": "943 476 5919"}]})
    twice = await registry.insist(
        {"names": [{"family": uuid4().hex}], "identifiers": [{"system": system, "value": "9434765919"}]}
    )

    assert (made.status_code, again.status_code, stale.status_code) == (200, 409, 412)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "identifier-invalid")
    assert wrong.json()["errors"][0]["pointer"] == "/identifiers/0/value"
    assert right.status_code == 201
    assert (twice.status_code, twice.json()["code"]) == (409, "identifier-taken")
    assert system in twice.text
    assert "9434765919" not in twice.text


async def test_a_former_identifier_may_be_somebody_elses(registry: Any, person: dict[str, Any]) -> None:
    number = {"system": "urn:example:card", "value": uuid4().hex}
    first = await registry.post(person | {"identifiers": [number | {"use": "old"}]})
    second = await registry.insist({"names": [{"family": uuid4().hex}], "identifiers": [number]})
    third = await registry.insist({"names": [{"family": uuid4().hex}], "identifiers": [number]})

    assert [answer.status_code for answer in (first, second, third)] == [201, 201, 409]


async def test_nobody_chooses_a_medical_record_number(registry: Any, person: dict[str, Any]) -> None:
    chosen = [{"system": "urn:openward:mrn", "value": "0000000000"}]

    answer = await registry.post(person | {"identifiers": chosen})

    assert (answer.status_code, answer.json()["code"]) == (422, "mrn-given")


async def test_an_identifier_that_tells_another_birth_date_needs_a_second_look(
    registry: Any, person: dict[str, Any]
) -> None:
    admin = registry.headers("admin", "user/Organization.rus")
    system, name = f"urn:example:pesel:{uuid4()}", f"pesel-{uuid4()}"
    domain = {"system": system, "name": "PESEL", "check_rule": "pl.pesel"}
    await registry.client.put(f"{BASE}/domains/{name}", json=domain, headers=admin)
    body = person | {"birth_date": "1944-05-15", "identifiers": [{"system": system, "value": "44051401359"}]}

    refused = await registry.post(body)
    confirmed = await registry.client.post(
        f"{BASE}/patients",
        json=body,
        params={"confirm": ["identifier", "duplicates"]},
        headers=registry.headers() | {"Change-Reason": "seen on paper"},
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "identifier-contradicts")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/identifiers/0/value"]
    assert confirmed.status_code == 201


async def test_a_merged_record_is_as_restricted_as_its_survivor(
    registry: Any, person: dict[str, Any]
) -> None:
    source = await registry.post(person)
    target = await registry.post({"names": [{"family": uuid4().hex}]})
    await registry.merge(source.json(), target.json())
    officer = registry.headers("privacy-officer") | {"If-Match": '"2"'}
    await registry.client.patch(target.headers["location"], json={"restricted": True}, headers=officer)

    for path in ("", "/history", "/links", "/ehrs"):
        answer = await registry.client.get(source.headers["location"] + path, headers=registry.headers())
        assert (path, answer.status_code) == (path, 404)
    seen = await registry.client.get(source.headers["location"], headers=registry.headers("privacy-officer"))
    assert seen.status_code == 200


@pytest.mark.parametrize("sign", ["\ufdfd", "\ufdfa", "\U0001f469\u200d\U0001f467", "毛", "\u0601"])
async def test_signs_that_grow_in_folding_break_no_index(registry: Any, sign: str) -> None:
    text = sign * (200 // len(sign))
    name = {"family": text, "given": [text, text[1:] + "a"]}
    address = {"line": [text], "city": text, "state": text, "country": text}
    record = {
        "names": [name],
        "birth_date": "1970-01-02",
        "identifiers": [{"system": "urn:example:signs", "value": text}],
        "addresses": [address],
        "telecoms": [{"system": "email", "value": text}],
        "mothers_maiden_name": text,
    }

    made = await registry.insist(record)
    found = await registry.search({"identifier": record["identifiers"][0]})

    assert made.status_code == 201, made.text
    assert [item["id"] for item in found.json()["items"]] == [made.json()["id"]]


@pytest.mark.parametrize("kept_out", [{"test": True}, {"unidentified": True}, {"active": False}])
async def test_who_is_kept_out_of_matching_stands_in_nobodys_way(
    registry: Any, person: dict[str, Any], kept_out: dict[str, bool]
) -> None:
    other = person | {"identifiers": []}
    await registry.post(other | kept_out)

    assert (await registry.post(other)).status_code == 201
