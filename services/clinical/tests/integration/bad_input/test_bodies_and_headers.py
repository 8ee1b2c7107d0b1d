"""Bodies that are none of what is asked for, and headers that nobody sends in earnest."""

from typing import Any

import pytest

BASE = "/api/clinical/v1"
PATIENT = f"{BASE}/patients/{{patient_id}}"
FLAT = "?format=FLAT&template_id=openward_vital_signs.v1"
JSON = {"Content-Type": "application/json"}
PATHS = [
    f"{PATIENT}/timeline/_search",
    f"{PATIENT}/query",
    f"{PATIENT}/encounters",
    f"{PATIENT}/compositions{FLAT}",
    f"{PATIENT}/compositions/$validate{FLAT}",
    f"{PATIENT}/query-products/{{name}}",
    f"{PATIENT}/query-products/{{name}}/{{version}}/$dry-run",
    f"{BASE}/latest",
]
BODIES = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "too large a number": b'{"limit": 1e400, "fetch": 1e400}',
    "no number": b'{"limit": NaN, "fetch": NaN}',
    "too long a number": b'{"limit": %s, "fetch": %s}' % (b"9" * 5000, b"9" * 5000),
    "a member twice": b'{"limit": 1, "limit": 2}',
    "no end": b'{"a":' * 50_000,
    "no UTF-8": b'{"a": "\xff\xfe"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "lists of lists": b'{"patients": [[[]]], "parameters": [[]], "archetype": [[]], "encounter_class": []}',
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("path", PATHS)
async def test_what_is_no_such_body_is_a_problem(known: Any, path: str, body: str) -> None:
    answer = await known.ask("POST", path, content=BODIES[body], headers=JSON)

    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "value", ["", '"', "W/", "*", "a,b", "\xe9", "x" * 9_000, '"0"', '"-1"', '"99999999999"']
)
async def test_no_condition_breaks_it(known: Any, value: str) -> None:
    sent = {"If-Match": value.encode("latin-1")}
    answers = [
        await known.ask("PUT", f"{PATIENT}/compositions/{{uid}}{FLAT}", json={}, headers=sent),
        await known.ask("DELETE", f"{PATIENT}/compositions/{{uid}}", headers=sent),
        await known.ask("POST", f"{PATIENT}/encounters/{{encounter_id}}/close", json={}, headers=sent),
    ]

    for answer in answers:
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("key", ["", " ", "\xe9", "a,b", "x" * 9_000])
async def test_no_key_breaks_it(known: Any, key: str) -> None:
    sent = {"Idempotency-Key": key.encode("latin-1")}
    for path, body in (
        (f"{PATIENT}/encounters", {"encounter_class": "VR"}),
        (f"{PATIENT}/compositions{FLAT}", {}),
    ):
        answer = await known.ask("POST", path, json=body, headers=sent)
        assert answer.status_code < 500, answer.text
