"""Live events: how long from a commit to the browser, and what thousands of idle listeners cost."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import psutil
from openward_cli.stack import Service, Stack
from openward_cli.supervision.control import Supervisor

from bench.clinical_stage import Stage
from bench.frontend_documents import VITALS, flat
from bench.frontend_reads import API
from bench.frontend_record import Record
from bench.registry_clock import p50_ms, say

_EVENTS: Final = f"{API}/events?kind=composition"
_COMMITS: Final = 100
_SETTLE_SECONDS: Final = 20
_READY_SECONDS: Final = 120
_MIB: Final = 1 << 20
_CAPTURED: Final = """
select event_id, extract(epoch from created_at)::float8 as captured
from evt.ehr_event_sent where event_id = any($1)
"""


async def sse_p50_ms(stage: Stage, record: Record) -> float:
    """From the trigger in EHRbase's transaction, shortly before its commit, to a listener past the gateway.

    Raises RuntimeError when an event does not come.
    """
    arrived: dict[UUID, float] = {}
    async with _listener(stage.stack.gateway_url, await stage.openward.headers()) as reader:
        listening = asyncio.create_task(_note(reader, arrived))
        for number in range(_COMMITS):
            await _commit(stage, record.usual[number % len(record.usual)])
            await asyncio.sleep(0.05)
        await stage.drained()
        await asyncio.sleep(1)
        listening.cancel()
    rows = await stage.ehrbase.fetch(_CAPTURED, list(arrived))
    if len(rows) < _COMMITS:
        raise RuntimeError(f"{_COMMITS - len(rows)} of {_COMMITS} events did not come")
    seconds = [arrived[row["event_id"]] - row["captured"] for row in rows]
    say(f"commit to browser, ms: p50 {p50_ms(seconds)}, max {1000 * max(seconds):.1f}")
    return p50_ms(seconds)


async def sse_rss_mb(stage: Stage, listeners: int) -> float:
    """Resident memory of the one clinical process with so many who listen, some time after the last came."""
    process = psutil.Process(Supervisor(stage.stack).states()[stage.stack.process(Service.CLINICAL)].pid)
    before = process.memory_info().rss / _MIB
    headers = await stage.openward.headers()
    async with AsyncExitStack() as opened, asyncio.timeout(_READY_SECONDS + _SETTLE_SECONDS):
        for _ in range(listeners):
            await opened.enter_async_context(_listener(_past(stage.stack), headers))
        say(f"{listeners} listen")
        await asyncio.sleep(_SETTLE_SECONDS)
        after = process.memory_info().rss / _MIB
    say(f"clinical: {before:.1f} MB before, {after:.1f} MB with {listeners} listeners")
    return round(after, 1)


def _past(stack: Stack) -> str:
    """The service itself: the gateway's memory is its own."""
    return f"http://127.0.0.1:{stack.service_port(Service.CLINICAL)}"


@asynccontextmanager
async def _listener(url: str, headers: Mapping[str, str]) -> AsyncIterator[asyncio.StreamReader]:
    """Where events come from now on. A bare socket: thousands of clients would need more than the service."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1 << 14)
    lines = [f"GET {_EVENTS} HTTP/1.1", f"Host: {address.netloc}"]
    lines += [f"Authorization: {headers['Authorization']}", "Accept: text/event-stream", "", ""]
    writer.write("\r\n".join(lines).encode())
    try:
        status = await reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"{_EVENTS}: {status.decode().strip()}")
        while not (await reader.readline()).startswith(b"id:"):
            pass
        yield reader
    finally:
        writer.close()


async def _note(reader: asyncio.StreamReader, arrived: dict[UUID, float]) -> None:
    """When each event comes, by its id."""
    while line := await reader.readline():
        if line.startswith(b"data:"):
            arrived[UUID(json.loads(line.removeprefix(b"data:"))["id"])] = time.time()


async def _commit(stage: Stage, patient_id: str) -> None:
    template_id, body = flat(VITALS, datetime.now(UTC), 120)
    query = urlencode({"format": "FLAT", "template_id": template_id})
    url = f"{stage.stack.gateway_url}{API}/patients/{patient_id}/compositions?{query}"
    headers = {**await stage.openward.headers(), "Content-Type": "application/json"}
    (await stage.http.post(url, content=body, headers=headers)).raise_for_status()
