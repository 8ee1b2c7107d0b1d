"""Large bodies, streams, compression: what passes through the gateway, how much of it and when."""

import time
from collections.abc import AsyncIterator

import pytest
from openward_cli.gateway.rendering import BODY_LIMIT, LARGE_BODY_LIMIT
from openward_testkit.edge import GatewayRig, gateway_before_echoes
from openward_testkit.raw_http import exchange, request_bytes

LARGE = ("/api/clinical/v1/x", "/openehr/v1/ehr/1/composition", "/api/templates/v1/templates")
CHUNK = 65536
EVENTS = "/api/patients/v1/imports/1/events?rows=20"
SMALL = ("/api/patients/v1/x", "/api/audit/v1/entries", "/fhir/r4/Patient", "/fhir/r4/Observation")


@pytest.fixture(scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GatewayRig]:
    async with gateway_before_echoes(tmp_path_factory.mktemp("gateway")) as rig:
        yield rig


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // CHUNK):
        yield b"a" * CHUNK


@pytest.mark.parametrize(("paths", "limit"), [(LARGE, LARGE_BODY_LIMIT), (SMALL, BODY_LIMIT)])
async def test_a_body_arrives_whole_up_to_the_limit_and_no_further(
    rig: GatewayRig, paths: tuple[str, ...], limit: int
) -> None:
    for path in paths:
        async with rig.client() as client:
            assert (await client.post(path, content=b"a" * limit)).json()["length"] == limit
        token = f"Authorization: Bearer {rig.tokens.token()}"
        over = [token, f"Content-Length: {limit + 1}"]
        assert exchange(rig.port, request_bytes(path, rig.host, method="POST", headers=over)).status == 413


@pytest.mark.parametrize("path", SMALL)
async def test_a_body_of_unknown_length_is_stopped_at_the_small_limit(rig: GatewayRig, path: str) -> None:
    async with rig.client() as client:
        answer = await client.post(path, content=chunks(BODY_LIMIT - CHUNK))
    token = f"Authorization: Bearer {rig.tokens.token()}"
    data = b"".join(b"%x\r\n%s\r\n" % (CHUNK, b"a" * CHUNK) for _ in range(40)) + b"0\r\n\r\n"
    head = request_bytes(path, rig.host, method="POST", headers=[token, "Transfer-Encoding: chunked"])

    assert answer.status_code == 200
    assert exchange(rig.port, head + data).status == 413


@pytest.mark.parametrize("path", LARGE)
async def test_where_bodies_may_be_large_the_service_counts_those_of_unknown_length(
    rig: GatewayRig, path: str
) -> None:
    async with rig.client() as client:
        answer = await client.post(path, content=chunks(3_000_000))

    assert answer.json()["length"] > BODY_LIMIT


async def test_a_file_of_patients_may_have_any_length(rig: GatewayRig) -> None:
    length = LARGE_BODY_LIMIT + 1
    async with rig.client() as client:
        answer = await client.put("/api/patients/v1/imports/1/content", content=b"a" * length)
    over = [f"Authorization: Bearer {rig.tokens.token()}", f"Content-Length: {length}"]
    other = exchange(
        rig.port, request_bytes("/api/patients/v1/imports/1", rig.host, method="PUT", headers=over)
    )

    assert (answer.status_code, answer.json()["length"]) == (200, length)
    assert other.status == 413


async def test_the_token_is_checked_before_a_body_is_read(rig: GatewayRig) -> None:
    data = request_bytes(LARGE[0], rig.host, method="POST", headers=["Content-Length: 20000000"])

    assert exchange(rig.port, data).status == 401


@pytest.mark.parametrize("path", ["/api/audit/v1/export?rows=20", "/api/clinical/v1/events?rows=20", EVENTS])
async def test_rows_of_a_stream_come_as_they_are_made(rig: GatewayRig, path: str) -> None:
    async with (
        rig.client() as client,
        client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer,
    ):
        arrivals = [time.monotonic() async for _ in answer.aiter_lines()]

    assert len(arrivals) == 20
    assert arrivals[-1] - arrivals[0] > 0.4


async def test_an_answer_with_an_etag_keeps_it_strong_and_others_are_compressed(rig: GatewayRig) -> None:
    async with rig.client() as client:
        tagged = await client.get("/api/patients/v1/x?size=5000&etag", headers={"Accept-Encoding": "gzip"})
        plain = await client.get("/api/patients/v1/x?size=5000", headers={"Accept-Encoding": "gzip"})

    assert tagged.headers["etag"] == '"v1"'
    assert "content-encoding" not in tagged.headers
    assert plain.headers["content-encoding"] == "gzip"
