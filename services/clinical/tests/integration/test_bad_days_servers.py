"""EHRbase or PostgreSQL killed in the middle of every kind of write: answers are true, the write is once."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from openward_cli.stack import Stack
from openward_testkit.ehr_writes import SCOPE, WRITES, Write, names, versions
from openward_testkit.killing import pid_of
from openward_testkit.postgres import PostgresServer

HEALED_SECONDS = 400
#: So that some writes have been answered, some are on their way and some wait for a place.
WORKING_SECONDS = 0.1
_AGAIN = (409, 502, 503, 504)


async def found(server: PostgresServer, ehr_ids: Sequence[str]) -> list[Counter[str]]:
    tables = await asyncpg.connect(server.of("ehrbase"))
    try:
        return [await versions(tables, ehr_id) if ehr_id else Counter() for ehr_id in ehr_ids]
    finally:
        await tables.close()


async def healed(clinic: Any) -> None:
    """EHRbase and the databases answer again."""
    give_up = time.monotonic() + HEALED_SECONDS
    while True:
        answer = await clinic.client.get("/readyz")
        states = {name: it["state"] for name, it in answer.json()["dependencies"].items()}
        if answer.is_success and states["ehrbase"] == "up" and await _writes(clinic):
            return
        assert time.monotonic() < give_up, states
        await asyncio.sleep(0.5)


async def _writes(clinic: Any) -> bool:
    """Not many at once: the first is a try, and others are refused until it has succeeded."""
    ehr: httpx.Response = await clinic.client.put(
        f"/openehr/v1/ehr/{uuid4()}", headers=clinic.headers(scope=SCOPE)
    )
    return ehr.is_success


async def insist(write: Write, clinic: Any) -> httpx.Response:
    give_up = time.monotonic() + HEALED_SECONDS
    while (answer := await write.send(clinic)).status_code in _AGAIN:
        assert time.monotonic() < give_up, answer.text
        await asyncio.sleep(0.5)
    return answer


@pytest.mark.parametrize("name", ["ehrbase", "postgres"])
async def test_every_kind_of_write_survives_the_death_of_a_server(
    clinic: Any, stack: Stack, postgres_server: PostgresServer, name: str
) -> None:
    writes = [await prepare(clinic) for prepare in WRITES]
    before = await found(postgres_server, [write.ehr_id for write in writes])

    sending = [asyncio.create_task(write.send(clinic)) for write in writes]
    await asyncio.sleep(WORKING_SECONDS)
    os.kill(pid_of(stack, name), signal.SIGKILL)
    answers = await asyncio.gather(*sending)
    await healed(clinic)
    repeated = await asyncio.gather(*(insist(write, clinic) for write in writes))

    assert {answer.status_code for answer in answers if not answer.is_success} <= {502, 503, 504}
    assert [answer.text for answer in repeated if not answer.is_success] == []
    ehr_ids = [w.ehr_id or a.headers["etag"].strip('"') for w, a in zip(writes, repeated, strict=True)]
    after = await found(postgres_server, ehr_ids)
    for prepare, first, again, old, new in zip(WRITES, answers, repeated, before, after, strict=True):
        (made,) = (new - old).elements()
        assert names(again, made, prepare)
        assert not first.is_success or first.headers.get("etag") == again.headers.get("etag")
