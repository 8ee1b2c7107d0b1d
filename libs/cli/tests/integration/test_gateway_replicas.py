"""Several processes of a service: one may die, drain or come back without anybody noticing."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from openward_cli.stack import Service
from openward_testkit.edge import GatewayRig, gateway_before_echoes

PATH = "/api/patients/v1/x"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[GatewayRig]:
    async with gateway_before_echoes(tmp_path, replicas=2, services=[Service.PATIENTS]) as rig:
        await asyncio.sleep(1.2)  # the first health checks
        yield rig


async def names(client: httpx.AsyncClient, count: int, method: str = "GET") -> Counter[str]:
    answers = [await client.request(method, PATH) for _ in range(count)]
    return Counter(a.json()["name"] if a.status_code == 200 else str(a.status_code) for a in answers)


async def test_all_replicas_work(rig: GatewayRig) -> None:
    async with rig.client() as client:
        assert set(await names(client, 40)) == {"patients-0", "patients-1"}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_request_is_lost_when_a_replica_is_gone(rig: GatewayRig, method: str) -> None:
    rig.replicas[Service.PATIENTS][0].kill()

    async with rig.client() as client:
        assert await names(client, 60, method) == {"patients-1": 60}


async def test_a_read_is_repeated_elsewhere_when_its_replica_dies_under_it(rig: GatewayRig) -> None:
    async with rig.client() as client:
        answers = [await client.get(f"{PATH}?die=patients-0") for _ in range(20)]

    assert {answer.status_code for answer in answers} == {200}


async def test_a_write_is_never_sent_twice(rig: GatewayRig) -> None:
    survivor = rig.replicas[Service.PATIENTS][1]
    async with rig.client() as client:
        answers = [await client.post(f"{PATH}?die=patients-0") for _ in range(20)]

    lost = [answer for answer in answers if answer.status_code != 200]
    assert {answer.status_code for answer in lost} == {503}
    assert await survivor.seen(PATH) == len(answers) - len(lost)


async def test_a_draining_replica_is_left_out(rig: GatewayRig) -> None:
    await rig.replicas[Service.PATIENTS][0].set_ready(ready=False)
    async with asyncio.timeout(20), rig.client() as client:
        while await names(client, 10) != {"patients-1": 10}:
            await asyncio.sleep(0.1)
        assert await names(client, 30) == {"patients-1": 30}


async def test_a_replica_that_comes_back_is_used_again_within_seconds(rig: GatewayRig) -> None:
    replica = rig.replicas[Service.PATIENTS][0]
    replica.kill()
    async with rig.client() as client:
        await names(client, 60)
        await asyncio.sleep(3)
        replica.start()
        await replica.started()
        back = time.monotonic()
        while "patients-0" not in await names(client, 10):
            assert time.monotonic() - back < 15
            await asyncio.sleep(0.05)


async def test_the_only_replica_is_asked_at_once_when_it_is_back(tmp_path: Path) -> None:
    async with gateway_before_echoes(tmp_path, services=[Service.PATIENTS]) as rig, rig.client() as client:
        replica = rig.replicas[Service.PATIENTS][0]
        replica.kill()
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            assert (await client.get(PATH)).status_code == 503
        replica.start()
        await replica.started()

        assert (await client.get(PATH)).status_code == 200


async def test_when_no_replica_is_ready_the_service_itself_says_why(tmp_path: Path) -> None:
    async with gateway_before_echoes(tmp_path, services=[Service.PATIENTS]) as rig, rig.client() as client:
        await rig.replicas[Service.PATIENTS][0].set_ready(ready=False)
        await asyncio.sleep(2)

        assert (await client.get(PATH)).json()["name"] == "patients-0"
