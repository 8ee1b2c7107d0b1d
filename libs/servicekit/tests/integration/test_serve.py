"""A service as a process: what it says, and how it ends."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from openward_servicekit.http import AsyncClient, make_client
from openward_servicekit.ports import free_port

SERVICE = Path(__file__).with_name("slow_service.py")


class Process:
    """The slow service, its port, and what it has logged."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[bytes] = []
        self.reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line)

    def stop_reading(self) -> None:
        transport: Any = self.process._transport  # type: ignore[attr-defined]
        transport.get_pipe_transport(1).close()

    def records(self, event: str) -> list[dict[str, Any]]:
        return [record for line in self.lines if (record := json.loads(line))["event"] == event]

    async def logged(self, event: str) -> None:
        async with asyncio.timeout(45):
            while not self.records(event):
                assert self.process.returncode is None, self.lines
                await asyncio.sleep(0.02)

    async def ended(self) -> int:
        async with asyncio.timeout(45):
            code = await self.process.wait()
            await self.reader
        return code


@asynccontextmanager
async def service(*, notice: float = 0.0, drain: float = 10.0, fail: bool = False) -> AsyncIterator[Process]:
    port = free_port()
    arguments = [str(SERVICE), str(port), str(notice), str(drain), *(["fail"] if fail else [])]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    running = Process(process, port)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await running.ended()


@asynccontextmanager
async def started(**options: float) -> AsyncIterator[tuple[Process, AsyncClient]]:
    async with service(**options) as running, make_client(running.url) as client:  # type: ignore[arg-type]
        await running.logged("Application startup complete.")
        yield running, client


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
async def test_at_a_signal_requests_in_flight_finish_and_then_all_is_closed(stop: signal.Signals) -> None:
    async with started() as (running, client):
        slow = asyncio.create_task(client.get("api/things/v1/slow", params={"seconds": 1.5}))
        await running.logged("begun")

        running.process.send_signal(stop)

        assert (await slow).json() == "done"
        assert await running.ended() == 0
    events = [json.loads(line)["event"] for line in running.lines]
    assert (
        events.index("stopping") < events.index("request") < events.index("closed") < events.index("stopped")
    )


async def test_before_the_port_closes_ready_says_no_and_requests_are_still_taken() -> None:
    async with started(notice=6.0) as (running, client):
        before = await client.get("readyz")
        running.process.send_signal(signal.SIGTERM)
        await running.logged("stopping")
        during = await client.get("readyz")
        answer = await client.get("api/things/v1/slow", params={"seconds": 0})

        assert (before.status_code, during.status_code) == (200, 503)
        assert during.headers["retry-after"] == "1"
        assert (answer.json(), answer.headers["connection"]) == ("done", "close")
        assert await running.ended() == 0


async def test_a_request_that_takes_too_long_does_not_keep_the_process() -> None:
    async with started(drain=1.0) as (running, client):
        slow = asyncio.create_task(client.get("api/things/v1/slow", params={"seconds": 60}))
        await running.logged("begun")
        since = time.monotonic()

        running.process.send_signal(signal.SIGTERM)

        assert await running.ended() == 0
        assert 0.9 < time.monotonic() - since < 40
        await asyncio.wait([slow])
    assert running.records("closed")


async def test_a_second_signal_ends_it_at_once() -> None:
    async with started(drain=60.0) as (running, client):
        slow = asyncio.create_task(client.get("api/things/v1/slow", params={"seconds": 60}))
        await running.logged("begun")

        running.process.send_signal(signal.SIGTERM)
        await running.logged("stopping")
        running.process.send_signal(signal.SIGTERM)

        assert await running.ended() == 0
        await asyncio.wait([slow])


async def test_a_service_whose_log_nobody_reads_any_more_answers_and_ends_as_ever() -> None:
    async with started() as (running, client):
        running.stop_reading()
        answer = await client.get("api/things/v1/slow", params={"seconds": 0})
        running.process.send_signal(signal.SIGTERM)

        assert answer.json() == "done"
        # Python's own number for output that could not be flushed at the end.
        assert await running.ended() in (0, 120)


async def test_a_failed_start_ends_the_process_without_its_message() -> None:
    async with service(fail=True) as running:
        assert await running.ended() == 3

    assert running.records("start failed")[0]["exception"][0]["type"] == "builtins.ConnectionError"
    assert b"canary" not in b"".join(running.lines)


async def test_every_line_is_a_record_and_requests_have_a_trace() -> None:
    async with started() as (running, client):
        answer = await client.get("api/things/v1/slow", params={"seconds": 0})
        running.process.send_signal(signal.SIGTERM)
        await running.ended()

    assert all(json.loads(line)["service"] == "things" for line in running.lines)
    (request,) = running.records("request")
    assert len(request["trace_id"]) == 32
    assert request["request_id"] == answer.headers["x-request-id"]
    assert "server" not in answer.headers
