"""The running stack from outside: what an attacker sends, and that nothing answers that should not."""

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from openward_cli.stack import Port, Stack
from openward_cli.token import service_token, user_token
from openward_contracts.problem import Problem
from openward_testkit.raw_http import RawAnswer, exchange, request_bytes

PATIENT = "/api/patients/v1/patients/00000000-0000-4000-8000-000000000000"
SMUGGLED = b"GET /api/patients/v1/SMUGGLED HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
async def clinician(stack: Stack) -> str:
    return f"Authorization: Bearer {await user_token(stack, 'ada')}"


@pytest.fixture
async def anonymous(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.gateway_url, timeout=20) as client:
        yield client


async def send(
    stack: Stack, path: str, *headers: str, method: str = "GET", body: bytes = b"", close: bool = True
) -> RawAnswer:
    host = urlsplit(stack.gateway_url).netloc
    data = request_bytes(path, host, method=method, headers=headers, body=body, close=close)
    return await asyncio.to_thread(exchange, stack.port(Port.GATEWAY), data, seconds=8)


@pytest.mark.parametrize(
    "path",
    [
        "/api/patients%2fv1/patients",
        "/api/patients/v1/a%2fb",
        "/api/patients/v1/..%2f..%2faudit/v1/entries",
        "/api/patients/v1/..%5c..%5caudit/v1/entries",
        "/docs/..%2fapi/patients/v1/patients",
        "/docs%2f..%2fapi/patients/v1/patients",
        "/api/patients/v1/%00",
        "/api/patients/v1/x%0d%0aX-Evil:1",
        "/api/audit/v1/entries#/../../../docs",
        "/api/patients/v1/\u00e9".encode().decode("latin1"),
    ],
)
async def test_a_path_that_could_be_read_two_ways_is_refused(stack: Stack, clinician: str, path: str) -> None:
    assert (await send(stack, path)).statuses == [400]
    assert (await send(stack, path, clinician)).statuses == [400]


@pytest.mark.parametrize(
    "path",
    [
        "/api/patients/v1/../../audit/v1/entries",
        "/api/patients/v1/%2e%2e/%2E./audit/v1/entries",
        "/docs/../api/audit/v1/entries",
        "/docs/%2e%2e/api/audit/v1/entries",
        "/fhir/r4/metadata/../Patient/1",
        "//api//audit//v1/entries",
    ],
)
async def test_a_detour_past_a_public_page_needs_the_token_of_where_it_ends(stack: Stack, path: str) -> None:
    assert (await send(stack, path)).statuses == [401]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/API/PATIENTS/V1/patients",
        "/api/patients/v1x",
        "/healthz/",
        "/readyz",
        "/metrics",
        "/stats/prometheus",
        "/ehrbase/rest/admin/ehr",
        "/ehrbase/rest/status",
        "/ehrbase/management/env",
        "/docs/../../etc/passwd",
        "http://evil.test/api/patients/v1/patients",
    ],
)
async def test_what_is_not_served_does_not_exist_for_anybody(stack: Stack, clinician: str, path: str) -> None:
    assert (await send(stack, path)).statuses == [404]
    assert (await send(stack, path, clinician)).statuses == [404]


@pytest.mark.parametrize(
    "headers",
    [
        ["X-User-Id: root", "X-User-Roles: admin", "X-User-Scope: system/*.cruds", "X-Internal-Token: 1"],
        ["X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1", "Forwarded: for=127.0.0.1"],
        ["X-Original-URL: /docs", "X-Rewrite-URL: /docs", "X-Forwarded-Uri: /docs"],
        ["X-HTTP-Method-Override: OPTIONS"],
        ["Authorization: Basic YWRtaW46YWRtaW4="],
        ["Authorization: Bearer"],
        ["Authorization: Bearer null"],
        ["Cookie: session=1"],
        ["Connection: close, Authorization"],
    ],
)
async def test_no_header_stands_in_for_a_token(stack: Stack, headers: list[str]) -> None:
    assert (await send(stack, PATIENT, *headers)).status == 401


async def test_a_header_gives_nobody_a_role(stack: Stack) -> None:
    nobody = f"Authorization: Bearer {await user_token(stack, 'norbert')}"
    forged = ["X-User-Roles: admin", "X-User-Id: ada", "X.User.Roles: admin", "X-Forwarded-For: 127.0.0.1"]

    plain, with_forged = await send(stack, PATIENT, nobody), await send(stack, PATIENT, nobody, *forged)

    assert plain.status == with_forged.status == 403


async def test_header_names_with_underscores_name_nobody(stack: Stack) -> None:
    nobody = f"Authorization: Bearer {await user_token(stack, 'norbert')}"

    assert (await send(stack, PATIENT, nobody, "X_User_Roles: admin", "X_User_Id: ada")).status == 403


async def test_a_token_in_the_query_is_none(stack: Stack, clinician: str) -> None:
    token = clinician.removeprefix("Authorization: Bearer ")

    assert (await send(stack, f"{PATIENT}?access_token={token}")).status == 401


@pytest.mark.parametrize("other", ["Authorization: Bearer x.y.z", "Authorization: Basic YTpi"])
async def test_two_tokens_are_refused_in_any_order(stack: Stack, clinician: str, other: str) -> None:
    assert (await send(stack, PATIENT, clinician, other)).status in {400, 401}
    assert (await send(stack, PATIENT, other, clinician)).status in {400, 401}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Content-Length: 5", "Transfer-Encoding: chunked"], b"0\r\n\r\n" + SMUGGLED),
        (["Content-Length: 60", "Transfer-Encoding: xchunked"], b"0\r\n\r\n" + SMUGGLED),
        (["Content-Length: 60", "Transfer-Encoding : chunked"], b"0\r\n\r\n" + SMUGGLED),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], b"0\r\n\r\n"),
        (["Content-Length: 3", "Content-Length: 4"], b"abcd"),
        (["Content-Length: +3"], b"abc"),
        (["Transfer-Encoding: chunked"], b"3\nabc\n0\n\n"),
        (["Transfer-Encoding: chunked"], b"3;x\nyy\r\nabc\r\n0\r\n\r\n"),
    ],
)
async def test_a_body_whose_end_is_unclear_is_refused_once(
    stack: Stack, clinician: str, headers: list[str], body: bytes
) -> None:
    path = "/api/patients/v1/patients"

    answer = await send(stack, path, clinician, *headers, method="POST", body=body, close=False)

    assert answer.statuses in ([400], [501])


async def test_the_second_request_of_a_connection_is_judged_by_itself(stack: Stack, clinician: str) -> None:
    second = request_bytes(PATIENT, urlsplit(stack.gateway_url).netloc)

    answer = await send(stack, "/healthz", clinician, body=second, close=False)

    assert answer.statuses == [200, 401]


async def test_hosts_that_are_not_ours_are_served_nothing(stack: Stack, clinician: str) -> None:
    data = request_bytes("/healthz", "evil.test")

    assert (await asyncio.to_thread(exchange, stack.port(Port.GATEWAY), data)).status == 404
    assert (await send(stack, PATIENT, clinician, "Host: evil.test")).status in {400, 404}


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_addresses_begin_with_the_name_of_ours_that_was_asked(stack: Stack, name: str) -> None:
    """Whatever the client says of other names."""
    host = f"{name}:{stack.port(Port.GATEWAY)}"
    token = await service_token(stack, "svc-integration")
    said = {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "99"}
    said |= {"X-Forwarded-Prefix": "/evil", "Forwarded": "host=evil.test;proto=https", "Host": host}
    templates = "definition/template/adl1.4"
    async with httpx.AsyncClient(timeout=20, headers=said | {"Authorization": f"Bearer {token}"}) as client:
        for base in ("/openehr/v1", "/ehrbase/rest/openehr/v1"):
            made = await client.post(f"{stack.gateway_url}{base}/ehr")
            place = made.headers["location"]
            there = await client.get(place)
            listed = await client.get(f"{stack.gateway_url}{base}/{templates}")

            assert place == f"http://{host}{base}/ehr/{there.json()['ehr_id']['value']}"
            assert listed.headers["location"] == f"http://{host}{base}/{templates}"


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT"])
async def test_methods_that_reflect_or_tunnel_are_refused(stack: Stack, clinician: str, method: str) -> None:
    target = "127.0.0.1:22" if method == "CONNECT" else PATIENT

    assert (await send(stack, target, clinician, method=method)).status in {400, 403, 405}


@pytest.mark.parametrize("headers", [["X-Big: " + "a" * 60000], [f"X-H{i}: 1" for i in range(150)]])
async def test_too_much_header_is_refused(stack: Stack, clinician: str, headers: list[str]) -> None:
    assert (await send(stack, PATIENT, clinician, *headers)).status == 431


@pytest.mark.parametrize(
    ("path", "limit"), [("/api/patients/v1/patients", 2_000_000), ("/api/templates/v1/templates", 20_000_000)]
)
async def test_a_body_over_the_limit_is_refused_before_it_is_sent(
    stack: Stack, clinician: str, path: str, limit: int
) -> None:
    answer = await send(stack, path, clinician, f"Content-Length: {limit + 1}", method="POST")

    assert answer.status == 413


async def test_a_foreign_page_may_not_read_answers(anonymous: httpx.AsyncClient) -> None:
    ask = {"Origin": "https://evil.test", "Access-Control-Request-Method": "GET"}

    answers = [await anonymous.options(PATIENT, headers=ask), await anonymous.get(PATIENT, headers=ask)]

    assert [a.headers.get("access-control-allow-origin") for a in answers] == [None, None]


async def test_every_operation_of_the_reference_asks_for_a_token(anonymous: httpx.AsyncClient) -> None:
    document = (await anonymous.get("/openapi.json")).json()
    open_to_all = {
        f"{method} {path}": answer.status_code
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if operation["security"]
        if (answer := await anonymous.request(method, path.replace("{", "").replace("}", ""))).status_code
        != 401
    }

    assert document["paths"]
    assert open_to_all == {}


async def test_a_refusal_is_a_problem_that_tells_nothing(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.get(PATIENT, headers={"Authorization": "Bearer x.y.z"})

    problem = Problem.model_validate(answer.json())
    assert (problem.status, problem.code) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="openward", error="invalid_token"'
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/openapi.json", "/asyncapi.json", "/.well-known/smart-configuration", "/healthz"]
)
async def test_the_gateways_documents_are_json_for_everybody(anonymous: httpx.AsyncClient, path: str) -> None:
    answer = await anonymous.get(path)

    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.text)


async def test_discovery_names_the_provider_that_signs_the_tokens(
    stack: Stack, anonymous: httpx.AsyncClient
) -> None:
    document = (await anonymous.get("/.well-known/smart-configuration")).json()

    assert document["issuer"] == stack.issuer
    async with httpx.AsyncClient() as client:
        provider = (await client.get(f"{stack.issuer}/.well-known/openid-configuration")).json()
    for name in ("jwks_uri", "authorization_endpoint", "token_endpoint"):
        assert document[name] == provider[name]
