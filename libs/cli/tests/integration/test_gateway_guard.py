"""What the gateway keeps from a service: cases that other gateways were found to let through."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openward_cli.stack import Service
from openward_testkit.edge import ORIGIN, GatewayRig, gateway_before_echoes
from openward_testkit.raw_http import RawAnswer, exchange, request_bytes

PATIENTS, CLINICAL = "/api/patients/v1/x", "/api/clinical/v1/x"
SMUGGLED = b"GET /api/patients/v1/SMUGGLED HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GatewayRig]:
    async with gateway_before_echoes(tmp_path_factory.mktemp("gateway")) as rig:
        yield rig


def send(
    rig: GatewayRig, path: str = PATIENTS, *headers: str, token: bool = True, method: str = "GET"
) -> RawAnswer:
    lines = [*([f"Authorization: Bearer {rig.tokens.token()}"] if token else []), *headers]
    return exchange(rig.port, request_bytes(path, rig.host, method=method, headers=lines))


def reached(answer: RawAnswer) -> dict[str, list[str]]:
    """The headers that a service got, by lower-case name."""
    start = answer.text.index('{"name"')
    headers: dict[str, list[str]] = {}
    for name, value in json.JSONDecoder().raw_decode(answer.text, start)[0]["headers"]:
        headers.setdefault(name.lower(), []).append(value)
    return headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/patients%2fv1/x", 400),
        ("/api/patients/v1/a%2fb", 400),
        ("/api/patients/v1/..%2f..%2fclinical/v1/x", 400),
        ("/api/patients/v1/..%5c..%5cclinical/v1/x", 400),
        ("/api/patients/v1/..\\clinical/v1/x", 404),
        ("/api/patients/v1/..;/clinical/x", 404),
        ("/api/patients/v1/%00x", 400),
        ("/api/patients/v1/x%0d%0aX-Evil:1", 400),
        ("/api/patients/v1/x%7f", 400),
        ("/api/patients/v1/\u00e9".encode().decode("latin1"), 400),
        ("/api/clinical/v1/x#/../../../patients/v1/y", 400),
        ("/API/PATIENTS/V1/x", 404),
        ("/docs/../api", 404),
        ("http://evil.test/api/patients/v1/x", 404),
        ("api/patients/v1/x", 400),
    ],
)
@pytest.mark.parametrize("token", [True, False])
def test_a_path_that_means_two_things_reaches_no_service(
    rig: GatewayRig,
    path: str,
    status: int,
    token: bool,  # noqa: FBT001
) -> None:
    answer = send(rig, path, token=token)

    assert answer.statuses == [status]
    assert '"name"' not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/api/patients/v1/../../clinical/v1/x",
        "/api/patients/v1/%2e%2e/%2e%2e/clinical/v1/x",
        "/api/patients/v1/%2E./.%2e/clinical/v1/x",
        "//api//clinical/v1/x",
        "/docs/../api/clinical/v1/x",
    ],
)
def test_a_path_is_normalised_before_it_is_matched_authorised_and_forwarded(
    rig: GatewayRig, path: str
) -> None:
    assert send(rig, path, token=False).status == 401
    assert f'"path": "{CLINICAL}"' in send(rig, path).text


def test_an_encoding_is_undone_by_nobody_twice(rig: GatewayRig) -> None:
    path = "/api/patients/v1/%252e%252e/%252e%252e/clinical/v1/x"

    assert f'"path": "{path}"' in send(rig, path).text


def test_no_identity_and_no_origin_of_a_request_comes_from_a_header(rig: GatewayRig) -> None:
    forged = {
        "X-User-Id": "root",
        "X-USER-ROLES": "admin",
        "X-User-Scope": "system/*.cruds",
        "X-Internal-Token": "1",
        "X-Real-IP": "1.2.3.4",
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Uri": "/public",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=1.2.3.4",
        "X-Original-URL": "/api/audit/v1",
        "X-Rewrite-URL": "/api/audit/v1",
        "X-HTTP-Method-Override": "DELETE",
        "X-Envoy-Retry-On": "5xx",
        "X-Envoy-Original-Path": "/api/audit/v1",
        "X_User_Id": "root",
        "X-User_Roles": "root",
        "Content_Length": "root",
        "openehr_audit-details": "root",
        "X-Request-Id": "chosen",
    }

    headers = reached(send(rig, PATIENTS, *(f"{name}: {value}" for name, value in forged.items())))

    set_by_the_gateway = {"x-forwarded-for", "x-forwarded-proto", "x-request-id"}
    assert set(headers) & {name.lower() for name in forged} == set_by_the_gateway
    values = [value for group in headers.values() for value in group]
    assert not {"root", "chosen", "1.2.3.4", "https", "5xx"} & set(values)
    assert headers["x-envoy-external-address"] == ["127.0.0.1"]


def test_a_header_name_that_a_service_might_read_otherwise_is_refused(rig: GatewayRig) -> None:
    assert send(rig, PATIENTS, "X-User-Id : root").status == 400


@pytest.mark.parametrize(
    "name", ["openehr-audit-details", "openEHR-AUDIT_DETAILS", "openEHR-AUDIT_DETAILS.description"]
)
def test_what_a_client_says_of_its_commit_reaches_the_service(rig: GatewayRig, name: str) -> None:
    """It names no user that the service believes."""
    assert reached(send(rig, PATIENTS, f'{name}: value="x"'))[name.lower()] == ['value="x"']


def test_a_folded_header_stays_one_header(rig: GatewayRig) -> None:
    headers = reached(send(rig, PATIENTS, "X-Folded: a\r\n\tX-User-Id: root"))

    assert "x-user-id" not in headers
    assert len(headers["x-folded"]) == 1


def test_a_connection_header_takes_no_other_header_away(rig: GatewayRig) -> None:
    assert send(rig, PATIENTS, "Connection: close, Authorization").status in {400, 401}
    assert "x-request-id" in reached(send(rig, PATIENTS, "Connection: close, X-Request-Id"))


def test_a_token_in_the_query_is_none(rig: GatewayRig) -> None:
    path = f"{PATIENTS}?access_token={rig.tokens.token()}"

    assert send(rig, path, token=False).status == 401


def test_a_second_token_or_scheme_does_not_help_a_bad_one(rig: GatewayRig) -> None:
    good = f"Authorization: Bearer {rig.tokens.token()}"

    for other in ("Authorization: Bearer x.y.z", "Authorization: Basic cm9vdDpyb290", good):
        assert send(rig, PATIENTS, other, good, token=False).status in {400, 401}
        assert send(rig, PATIENTS, good, other, token=False).status in {400, 401}


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "urn:other"},
        {"iss": "https://evil.test"},
        {"iss": "https://identity.test/"},
        {"exp": 1},
        {"nbf": 4102444800},
    ],
)
async def test_a_token_that_is_not_for_here_and_now_is_refused(
    rig: GatewayRig, claims: dict[str, Any]
) -> None:
    async with rig.client(rig.bearer(rig.tokens.token(**claims))) as client:
        assert (await client.get(PATIENTS)).status_code == 401


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Content-Length: 5", "Transfer-Encoding: chunked"], b"0\r\n\r\n" + SMUGGLED),
        (["Content-Length: 60", "Transfer-Encoding: xchunked"], b"0\r\n\r\n" + SMUGGLED),
        (["Content-Length: 60", "Transfer-Encoding : chunked"], b"0\r\n\r\n" + SMUGGLED),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], b"0\r\n\r\n"),
        (["Content-Length: 3", "Content-Length: 4"], b"abcd"),
        (["Content-Length: +3"], b"abc"),
        (["Content-Length: 0x3"], b"abc"),
        (["Transfer-Encoding: chunked"], b"3\nabc\n0\n\n"),
        (["Transfer-Encoding: chunked"], b"3;x\nyy\r\nabc\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"-3\r\nabc\r\n0\r\n\r\n"),
    ],
)
async def test_a_body_whose_end_is_unclear_is_refused_and_its_rest_is_no_request(
    rig: GatewayRig, headers: list[str], body: bytes
) -> None:
    token = f"Authorization: Bearer {rig.tokens.token()}"
    data = request_bytes(PATIENTS, rig.host, method="POST", headers=[token, *headers], body=body, close=False)

    assert exchange(rig.port, data).statuses in ([400], [501])
    assert await rig.replicas[Service.PATIENTS][0].seen("/api/patients/v1/SMUGGLED") == 0


def test_a_request_that_follows_on_the_connection_needs_its_own_token(rig: GatewayRig) -> None:
    token = f"Authorization: Bearer {rig.tokens.token()}"
    first = request_bytes(PATIENTS, rig.host, headers=[token], close=False)

    assert exchange(rig.port, first + request_bytes(PATIENTS, rig.host)).statuses == [200, 401]


@pytest.mark.parametrize("method", ["TRACE", "TRACK"])
def test_methods_that_reflect_are_refused(rig: GatewayRig, method: str) -> None:
    assert send(rig, method=method).status in {400, 405}


def test_connect_opens_nothing(rig: GatewayRig) -> None:
    for target in ("127.0.0.1:22", rig.host):
        assert send(rig, target, method="CONNECT").status in {403, 405}


def test_another_host_or_two_hosts_are_served_nothing(rig: GatewayRig) -> None:
    token = f"Authorization: Bearer {rig.tokens.token()}"

    assert exchange(rig.port, request_bytes(PATIENTS, "evil.test", headers=[token])).status == 404
    assert send(rig, PATIENTS, "Host: evil.test").status in {400, 404}


def test_an_upgrade_is_not_passed_on(rig: GatewayRig) -> None:
    answer = send(
        rig, PATIENTS, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"
    )

    assert answer.status in {200, 403}
    assert "upgrade" not in answer.text.lower().split('"headers"')[-1]


@pytest.mark.parametrize("headers", [["X-Big: " + "a" * 60000], [f"X-H{i}: 1" for i in range(150)]])
def test_too_much_header_is_refused(rig: GatewayRig, headers: list[str]) -> None:
    assert send(rig, PATIENTS, *headers).status == 431


def test_a_header_that_does_not_end_is_given_up(rig: GatewayRig) -> None:
    assert exchange(rig.port, b"GET / HTTP/1.1\r\nHost: a\r\nX-A: ", seconds=8).status == 408


async def test_browsers_may_call_from_the_named_origin_only(rig: GatewayRig) -> None:
    async with rig.client({}) as client:
        ask = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "if-match"}
        ours = await client.options(PATIENTS, headers=ask | {"Origin": ORIGIN})
        evil = await client.options(PATIENTS, headers=ask | {"Origin": "https://evil.test"})
        refused = await client.get(PATIENTS, headers={"Origin": ORIGIN})

    assert ours.headers["access-control-allow-origin"] == ORIGIN
    assert "PUT" in ours.headers["access-control-allow-methods"]
    assert {"if-match", "idempotency-key"} <= set(ours.headers["access-control-allow-headers"].split(", "))
    assert "access-control-allow-origin" not in evil.headers
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, ORIGIN)


def test_the_access_log_names_routes_and_no_path(rig: GatewayRig) -> None:
    send(rig, "/api/patients/v1/canary-in-the-path?name=canary-in-the-query", "X-Canary: canary-in-a-header")

    log = rig.log.read_text()

    assert '"route":"patients"' in log
    assert "canary" not in log
