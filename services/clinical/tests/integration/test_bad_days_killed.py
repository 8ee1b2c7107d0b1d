"""The service killed in the middle of every kind of write: repeated at its successor, each is there once."""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import asyncpg
import httpx
import pytest
from clinical.settings import Settings
from openward_cli.stack import Port, Stack
from openward_servicekit.ports import free_port
from openward_testkit.ehr_writes import WRITES, Write, names, versions
from openward_testkit.faulty import Fault, FaultyWay
from openward_testkit.waiting import eventually
from pydantic import SecretStr

START_SECONDS = 120
REPEAT_SECONDS = 120


@contextmanager
def environment(settings: Settings, folder: Path) -> Iterator[dict[str, str]]:
    """The settings as a process is told them, secrets in files."""
    told = dict(os.environ)
    for name, value in settings:
        if isinstance(value, SecretStr):
            (folder / name).write_text(value.get_secret_value())
            told[f"OPENWARD_{name.upper()}_FILE"] = str(folder / name)
        elif value is not None:
            told[f"OPENWARD_{name.upper()}"] = str(value)
    yield told


@asynccontextmanager
async def process(clinic: Any, settings: Settings, folder: Path) -> AsyncIterator[tuple[Any, Any]]:
    """The service as a process of its own, and the clinic that speaks to it. Killed at the end."""
    with environment(settings, folder) as told:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "clinical", env=told, stdout=asyncio.subprocess.DEVNULL
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}", timeout=60) as client:
            async with asyncio.timeout(START_SECONDS):
                while not await _alive(client):
                    assert child.returncode is None
                    await asyncio.sleep(0.1)
            yield child, replace(clinic, client=client)
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGKILL)
        await child.wait()


async def _alive(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).is_success
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("fault", [Fault.SLOW, Fault.SLOW_DELIVERED])
async def test_every_kind_of_write_survives_the_death_of_the_service(
    clinic: Any,
    settings: Settings,
    stack: Stack,
    ehrbase_tables: asyncpg.Connection,
    tmp_path: Path,
    fault: Fault,
) -> None:
    """Killed before EHRbase has got the request, or after EHRbase has committed and before it is noted."""
    writes = [await prepare(clinic) for prepare in WRITES]
    before = [await versions(ehrbase_tables, w.ehr_id) if w.ehr_id else Counter() for w in writes]
    async with (
        clinic.tokens.serving() as jwks_url,
        FaultyWay("127.0.0.1", stack.port(Port.EHRBASE)).laid() as way,
    ):
        own = settings.model_copy(
            update={
                "port": free_port(),
                "oidc_jwks_url": jwks_url,
                "ehrbase_url": f"http://127.0.0.1:{way.own_port}/ehrbase",
                "ehrbase_writes": len(writes),
                "ehrbase_timeout_seconds": 120.0,
            }
        )
        async with process(clinic, own, tmp_path) as (child, first):
            way.strike(fault, ("POST", "PUT", "DELETE"), times=len(writes))
            sending = [asyncio.create_task(write.send(first)) for write in writes]
            await eventually(lambda: way.held == len(writes), seconds=120)
            child.send_signal(signal.SIGKILL)
            outcomes = await asyncio.gather(*sending, return_exceptions=True)
        async with process(clinic, own, tmp_path) as (_, successor):
            repeated = await asyncio.gather(*(insist(write, successor) for write in writes))

    assert all(isinstance(outcome, httpx.TransportError) for outcome in outcomes)
    assert [
        (w.method, w.path, a.text) for w, a in zip(writes, repeated, strict=True) if not a.is_success
    ] == []
    for prepare, write, answer, old in zip(WRITES, writes, repeated, before, strict=True):
        ehr_id = write.ehr_id or answer.headers["etag"].strip('"')
        made = await versions(ehrbase_tables, ehr_id) - old
        assert sorted(made.values()) == [1], (write.method, write.path, made)
        assert names(answer, next(iter(made)), prepare)


@pytest.mark.parametrize("fault", [Fault.SLOW, Fault.SLOW_DELIVERED])
async def test_a_query_that_was_being_stored_is_stored_once(
    clinic: Any, settings: Settings, stack: Stack, tmp_path: Path, fault: Fault
) -> None:
    """Also where EHRbase would choose the version: that is on record, and the same when it is repeated."""
    names = [f"org.openward::killed_{uuid4().hex}{version}" for version in ("", "/1", "/1.0.0", "/1.0.0-x")]
    stored = [_Storing(name, uuid4().hex) for name in names]
    async with (
        clinic.tokens.serving() as jwks_url,
        FaultyWay("127.0.0.1", stack.port(Port.EHRBASE)).laid() as way,
    ):
        changes = {"port": free_port(), "oidc_jwks_url": jwks_url}
        url = f"http://127.0.0.1:{way.own_port}/ehrbase"
        own = settings.model_copy(update=changes | {"ehrbase_url": url, "ehrbase_timeout_seconds": 120.0})
        async with process(clinic, own, tmp_path) as (child, first):
            way.strike(fault, "PUT", times=len(stored))
            sending = [asyncio.create_task(each.send(first)) for each in stored]
            await eventually(lambda: way.held == len(stored), seconds=120)
            child.send_signal(signal.SIGKILL)
            await asyncio.gather(*sending, return_exceptions=True)
        async with process(clinic, own, tmp_path) as (_, successor):
            repeated = await asyncio.gather(*(insist(each, successor) for each in stored))

    for each, answer in zip(stored, repeated, strict=True):
        path, reader = f"{each.base}/{each.name.partition('/')[0]}", clinic.headers(scope="user/aql-*.r")
        listed = await clinic.client.get(path, headers=reader)
        (entry,) = listed.json()["versions"]
        assert (answer.status_code, entry["version"].removesuffix("-x")) == (200, "1.0.0"), answer.text
        assert answer.json()["version"] == entry["version"]


@dataclass(frozen=True)
class _Storing:
    name: str
    key: str
    base: ClassVar[str] = "/openehr/v1/definition/query"

    async def send(self, clinic: Any) -> httpx.Response:
        headers = clinic.headers("template-author", "user/aql-*.c") | {"Idempotency-Key": self.key}
        sent = {"q": "SELECT e/ehr_id/value FROM EHR e"}
        answer: httpx.Response = await clinic.client.put(
            f"{self.base}/{self.name}", json=sent, headers=headers
        )
        return answer


async def insist(write: Write | _Storing, clinic: Any) -> httpx.Response:
    """As a client does that was told that its first request is still being answered."""
    give_up = time.monotonic() + REPEAT_SECONDS
    while True:
        answer = await write.send(clinic)
        if answer.status_code not in (409, 503) or time.monotonic() > give_up:
            return answer
        await asyncio.sleep(0.5)
