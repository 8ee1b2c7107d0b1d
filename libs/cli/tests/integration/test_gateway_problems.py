"""Answers that the gateway makes itself are problem details like everybody's (RFC 9457)."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from openward_cli.discovery import Provider
from openward_cli.stack import Service
from openward_contracts.problem import Problem
from openward_testkit.edge import GatewayRig, gateway_before_echoes
from openward_testkit.raw_http import exchange, request_bytes

PATIENTS = "/api/patients/v1/x"


@pytest.fixture(scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GatewayRig]:
    async with gateway_before_echoes(tmp_path_factory.mktemp("gateway"), services=[Service.PATIENTS]) as rig:
        yield rig


def problem_in(raw: str) -> Problem:
    assert "content-type: application/problem+json" in raw
    return Problem.model_validate_json(raw.split("\r\n\r\n", 1)[1])


async def test_without_a_token_the_challenge_says_no_more_than_bearer(rig: GatewayRig) -> None:
    async with rig.client({}) as client:
        answer = await client.get(PATIENTS)

    assert answer.headers["www-authenticate"] == 'Bearer realm="openward"'
    problem = Problem.model_validate(answer.json())
    assert (problem.status, problem.code) == (401, "unauthenticated")
    assert problem.type == "urn:openward:problem:unauthenticated"
    assert problem.request_id == answer.headers["x-request-id"]


async def test_with_a_bad_token_the_challenge_says_so_and_not_why(rig: GatewayRig) -> None:
    async with rig.client(rig.bearer(rig.tokens.token(exp=1))) as client:
        answer = await client.get(PATIENTS)

    assert answer.headers["www-authenticate"] == 'Bearer realm="openward", error="invalid_token"'
    assert "expired" not in answer.text.lower()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/nothing", [], 404, "not-found"),
        ("TRACE", PATIENTS, [], 405, "method-not-allowed"),
        ("GET", "/api/patients/v1/a%2fb", [], 400, "malformed-request"),
        ("GET", PATIENTS, ["X-Big: " + "a" * 60000], 431, "header-too-large"),
        ("POST", PATIENTS, ["Content-Length: 2000001"], 413, "body-too-large"),
    ],
)
def test_refusals_are_problems(
    rig: GatewayRig, method: str, path: str, headers: list[str], status: int, code: str
) -> None:
    token = f"Authorization: Bearer {rig.tokens.token()}"

    answer = exchange(rig.port, request_bytes(path, rig.host, method=method, headers=[token, *headers]))

    problem = problem_in(answer.text)
    assert (answer.status, problem.status, problem.code) == (status, status, code)


@pytest.mark.parametrize(
    ("method", "path", "token", "status", "code"),
    [
        ("GET", "/fhir/r4/Patient?name=x", "", 401, "login"),
        ("GET", "/fhir/r4/Patient/1", "Bearer x", 401, "login"),
        ("TRACE", "/fhir/r4/Patient", "", 405, "not-supported"),
        ("GET", "/fhir/r4/Encounter/%01", "", 400, "invalid"),
    ],
)
def test_refusals_below_fhir_are_outcomes(
    rig: GatewayRig, method: str, path: str, token: str, status: int, code: str
) -> None:
    headers = [f"Authorization: {token}"] if token else []

    answer = exchange(rig.port, request_bytes(path, rig.host, method=method, headers=headers))

    assert answer.status == status
    assert "content-type: application/fhir+json" in answer.text
    outcome = json.loads(answer.text.split("\r\n\r\n", 1)[1])
    assert outcome["resourceType"] == "OperationOutcome"
    assert [issue["code"] for issue in outcome["issue"]] == [code]


async def test_a_service_that_is_down_is_unavailable_with_a_time_to_come_back(rig: GatewayRig) -> None:
    async with rig.client() as client:
        answer = await client.get("/api/audit/v1/entries")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert "connect" not in answer.text


async def test_too_many_requests_from_one_address_are_told_when_to_come_back(tmp_path: Path) -> None:
    async with (
        gateway_before_echoes(tmp_path, services=[Service.PATIENTS], rate_per_address=20) as rig,
        rig.client() as client,
    ):
        answers = await asyncio.gather(*(client.get(PATIENTS) for _ in range(60)))

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].json()["code"] == "too-many-requests"
    assert refused[0].headers["retry-after"] == "1"


async def test_without_the_providers_keys_nobody_is_told_that_a_token_is_bad(tmp_path: Path) -> None:
    nowhere = Provider("https://identity.test", "http://127.0.0.1:9/jwks", "", "")

    async with gateway_before_echoes(tmp_path, services=[], provider=nowhere) as rig, rig.client() as client:
        answer = await client.get(PATIENTS)

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert "www-authenticate" not in answer.headers
